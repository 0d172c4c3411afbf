import { listPartitionReassignments } from '../../../../src/systems/kafka/wire/list-partition-reassignments.ts'
import { checkCodec } from './codec.ts'

const moving = { partition: 3, replicas: [3, 2, 1], adding: [3], removing: [1] }

checkCodec(listPartitionReassignments, {
  requests: [
    [0, { timeoutMs: 1000, topics: null }, '000003e8 00 00'],
    [0, { timeoutMs: 1000, topics: [{ name: 't', partitions: [3] }] }, `000003e8 02 02't' 02 00000003 00 00`],
  ],
  answers: [
    [
      0,
      `00000000 0000 00 02 02't' 02 00000003 04 00000003 00000002 00000001 02 00000003 02 00000001 00 00 00`,
      { errorCode: 0, errorMessage: null, topics: [{ name: 't', partitions: [moving] }] },
    ],
    [0, '00000000 001f 00 01 00', { errorCode: 31, errorMessage: null, topics: [] }],
  ],
})
