import { EARLIEST, LATEST, listOffsets } from '../../../../src/systems/kafka/wire/list-offsets.ts'
import { checkCodec } from './codec.ts'

const request = { timeoutMs: 1000, topics: [{ name: 't', partitions: [{ partition: 3, timestamp: LATEST }] }] }
const earliest = { timeoutMs: 1000, topics: [{ name: 't', partitions: [{ partition: 3, timestamp: EARLIEST }] }] }
const atTime = {
  timeoutMs: 1000,
  topics: [{ name: 't', partitions: [{ partition: 3, timestamp: 1_700_000_000_000 }] }],
}

const partition = { partition: 3, errorCode: 0, timestamp: -1, offset: 2 ** 32 + 1, leaderEpoch: -1 }
const answer = { topics: [{ name: 't', partitions: [partition] }] }
const withEpoch = { topics: [{ name: 't', partitions: [{ ...partition, leaderEpoch: 7 }] }] }

const classic = `ffffffff 00 00000001 0001't' 00000001 00000003`
const compact = `ffffffff 00 02 02't' 02 00000003`
const found = '0000 ffffffffffffffff 0000000100000001'
const flexibleAnswer = `00000000 02 02't' 02 00000003 ${found} 00000007 00 00 00`

checkCodec(listOffsets, {
  requests: [
    [2, request, `${classic} ffffffffffffffff`],
    [2, atTime, `${classic} 0000018bcfe56800`],
    [3, request, `${classic} ffffffffffffffff`],
    [4, request, `${classic} ffffffff ffffffffffffffff`],
    [5, earliest, `${classic} ffffffff fffffffffffffffe`],
    [6, request, `${compact} ffffffff ffffffffffffffff 00 00 00`],
    [7, request, `${compact} ffffffff ffffffffffffffff 00 00 00`],
    [8, request, `${compact} ffffffff ffffffffffffffff 00 00 00`],
    [9, request, `${compact} ffffffff ffffffffffffffff 00 00 00`],
    [10, request, `${compact} ffffffff ffffffffffffffff 00 00 000003e8 00`],
    [11, request, `${compact} ffffffff ffffffffffffffff 00 00 000003e8 00`],
  ],
  answers: [
    [2, `00000000 00000001 0001't' 00000001 00000003 ${found}`, answer],
    [3, `00000000 00000001 0001't' 00000001 00000003 ${found}`, answer],
    [4, `00000000 00000001 0001't' 00000001 00000003 ${found} 00000007`, withEpoch],
    [5, `00000000 00000001 0001't' 00000001 00000003 ${found} 00000007`, withEpoch],
    [6, flexibleAnswer, withEpoch],
    [7, flexibleAnswer, withEpoch],
    [8, flexibleAnswer, withEpoch],
    [9, flexibleAnswer, withEpoch],
    [10, flexibleAnswer, withEpoch],
    [11, flexibleAnswer, withEpoch],
  ],
})
