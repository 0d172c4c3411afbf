import { electLeaders } from '../../../../src/systems/kafka/wire/elect-leaders.ts'
import { checkCodec } from './codec.ts'

const some = { type: 'preferred', topics: [{ name: 't', partitions: [3] }], timeoutMs: 1000 } as const
const all = { type: 'unclean', topics: null, timeoutMs: 1000 } as const

const answer = {
  errorCode: 0,
  topics: [{ name: 't', partitions: [{ partition: 3, errorCode: 84, errorMessage: 'no' }] }],
}

checkCodec(electLeaders, {
  requests: [
    [1, some, `00 00000001 0001't' 00000001 00000003 000003e8`],
    [1, all, '01 ffffffff 000003e8'],
    [2, some, `00 02 02't' 02 00000003 00 000003e8 00`],
    [2, all, '01 00 000003e8 00'],
  ],
  answers: [
    [1, `00000000 0000 00000001 0001't' 00000001 00000003 0054 0002'no'`, answer],
    [2, `00000000 0000 02 02't' 02 00000003 0054 03'no' 00 00 00`, answer],
    [2, '00000000 001f 01 00', { errorCode: 31, topics: [] }],
  ],
})
