import { describeCluster } from '../../../../src/systems/kafka/wire/describe-cluster.ts'
import { checkCodec } from './codec.ts'

const broker = { id: 4, host: 'h', port: 9092, rack: 'r', isFenced: false }
const answer = {
  errorCode: 0,
  errorMessage: null,
  clusterId: 'c',
  controllerId: 4,
  brokers: [broker],
  showsFenced: false,
}

checkCodec(describeCluster, {
  requests: [
    [0, { includeFencedBrokers: true }, '00 00'],
    [1, { includeFencedBrokers: true }, '00 01 00'],
    [2, { includeFencedBrokers: true }, '00 01 01 00'],
    [2, { includeFencedBrokers: false }, '00 01 00 00'],
  ],
  answers: [
    [0, `00000000 0000 00 02'c' 00000004 02 00000004 02'h' 00002384 02'r' 00 80000000 00`, answer],
    [1, `00000000 0000 00 01 02'c' 00000004 02 00000004 02'h' 00002384 02'r' 00 80000000 00`, answer],
    [
      2,
      `00000000 0000 00 01 02'c' 00000004 02 00000004 02'h' 00002384 02'r' 01 00 80000000 00`,
      { ...answer, brokers: [{ ...broker, isFenced: true }], showsFenced: true },
    ],
    [
      2,
      `00000000 001f 03'no' 01 01 ffffffff 01 80000000 00`,
      { errorCode: 31, errorMessage: 'no', clusterId: '', controllerId: -1, brokers: [], showsFenced: true },
    ],
  ],
})
