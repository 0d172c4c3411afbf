import { alterReplicaLogDirs } from '../../../../src/systems/kafka/wire/alter-replica-log-dirs.ts'
import { checkCodec } from './codec.ts'

const move = { dirs: [{ path: '/d', topics: [{ name: 't', partitions: [3, 4] }] }] }
const answer = {
  topics: [
    {
      name: 't',
      partitions: [
        { partition: 3, errorCode: 0 },
        { partition: 4, errorCode: 57 },
      ],
    },
  ],
}

checkCodec(alterReplicaLogDirs, {
  requests: [
    [1, move, `00000001 0002'/d' 00000001 0001't' 00000002 00000003 00000004`],
    [2, move, `02 03'/d' 02 02't' 03 00000003 00000004 00 00 00`],
    [2, { dirs: [] }, '01 00'],
  ],
  answers: [
    [1, `00000000 00000001 0001't' 00000002 00000003 0000 00000004 0039`, answer],
    [2, `00000000 02 02't' 03 00000003 0000 00 00000004 0039 00 00 00`, answer],
    [2, '00000000 01 00', { topics: [] }],
  ],
})
