import { alterPartitionReassignments } from '../../../../src/systems/kafka/wire/alter-partition-reassignments.ts'
import { checkCodec } from './codec.ts'

const move = { timeoutMs: 1000, topics: [{ name: 't', partitions: [{ partition: 3, replicas: [1, 2] }] }] }
const cancel = { timeoutMs: 1000, topics: [{ name: 't', partitions: [{ partition: 3, replicas: null }] }] }

const answer = {
  errorCode: 0,
  errorMessage: null,
  topics: [{ name: 't', partitions: [{ partition: 3, errorCode: 39, errorMessage: 'no' }] }],
}

checkCodec(alterPartitionReassignments, {
  requests: [
    [0, move, `000003e8 02 02't' 02 00000003 03 00000001 00000002 00 00 00`],
    [0, cancel, `000003e8 02 02't' 02 00000003 00 00 00 00`],
    // From v1 on the broker is told to refuse another replication factor.
    [1, move, `000003e8 00 02 02't' 02 00000003 03 00000001 00000002 00 00 00`],
    [1, cancel, `000003e8 00 02 02't' 02 00000003 00 00 00 00`],
  ],
  answers: [
    [0, `00000000 0000 00 02 02't' 02 00000003 0027 03'no' 00 00 00`, answer],
    [1, `00000000 00 0000 00 02 02't' 02 00000003 0027 03'no' 00 00 00`, answer],
    [1, `00000000 00 001f 03'no' 01 00`, { errorCode: 31, errorMessage: 'no', topics: [] }],
  ],
})
