import { metadata } from '../../../../src/systems/kafka/wire/metadata.ts'
import { checkCodec } from './codec.ts'

const noId = '00000000000000000000000000000000'
const id = '000102030405060708090a0b0c0d0e0f'

const topic = { errorCode: 0, name: 't', topicId: null, isInternal: false, partitions: [] }
const partition = {
  errorCode: 5,
  partition: 3,
  leader: -1,
  leaderEpoch: -1,
  replicas: [1, 2],
  isr: [],
  offlineReplicas: [2],
}
const answer = {
  errorCode: 0,
  brokers: [{ id: 1, host: 'h', port: 9092, rack: null }],
  clusterId: 'c',
  controllerId: 1,
  topics: [{ ...topic, partitions: [partition] }],
}
const withEpoch = { ...answer, topics: [{ ...topic, partitions: [{ ...partition, leaderEpoch: 7 }] }] }
const withId = { ...withEpoch, topics: [{ ...withEpoch.topics[0]!, topicId: 'AAECAwQFBgcICQoLDA0ODw' }] }

const classicHead = `00000000 00000001 00000001 0001'h'00002384 ffff 0001'c' 00000001`
const compactHead = `00000000 02 00000001 02'h'00002384 00 00 02'c' 00000001`
const classicReplicas = '00000002 00000001 00000002 00000000 00000001 00000002'
const compactReplicas = '03 00000001 00000002 01 02 00000002 00'

checkCodec(metadata, {
  requests: [
    [5, { topics: null }, 'ffffffff 00'],
    [5, { topics: [] }, '00000000 00'],
    [5, { topics: ['t', 'ü'] }, `00000002 0001't' 0002 c3bc 00`],
    [6, { topics: ['t'] }, `00000001 0001't' 00`],
    [7, { topics: ['t'] }, `00000001 0001't' 00`],
    [8, { topics: ['t'] }, `00000001 0001't' 00 00 00`],
    [9, { topics: null }, '00 00 00 00 00'],
    [9, { topics: ['t'] }, `02 02't'00 00 00 00 00`],
    [10, { topics: ['t'] }, `02 ${noId} 02't'00 00 00 00 00`],
    [11, { topics: ['t'] }, `02 ${noId} 02't'00 00 00 00`],
    [12, { topics: ['t'] }, `02 ${noId} 02't'00 00 00 00`],
    [13, { topics: null }, '00 00 00 00'],
  ],
  answers: [
    [5, `${classicHead} 00000001 0000 0001't' 00 00000001 0005 00000003 ffffffff ${classicReplicas}`, answer],
    [6, `${classicHead} 00000001 0000 0001't' 00 00000001 0005 00000003 ffffffff ${classicReplicas}`, answer],
    [
      7,
      `${classicHead} 00000001 0000 0001't' 00 00000001 0005 00000003 ffffffff 00000007 ${classicReplicas}`,
      withEpoch,
    ],
    [
      8,
      `${classicHead} 00000001 0000 0001't' 00 00000001 0005 00000003 ffffffff 00000007 ${classicReplicas} 80000000 80000000`,
      withEpoch,
    ],
    [
      9,
      `${compactHead} 02 0000 02't' 00 02 0005 00000003 ffffffff 00000007 ${compactReplicas} 80000000 00 80000000 00`,
      withEpoch,
    ],
    [
      10,
      `${compactHead} 02 0000 02't' ${id} 00 02 0005 00000003 ffffffff 00000007 ${compactReplicas} 80000000 00 80000000 00`,
      withId,
    ],
    [
      11,
      `${compactHead} 02 0000 02't' ${id} 00 02 0005 00000003 ffffffff 00000007 ${compactReplicas} 80000000 00 00`,
      withId,
    ],
    [
      12,
      `${compactHead} 02 0000 02't' ${id} 00 02 0005 00000003 ffffffff 00000007 ${compactReplicas} 80000000 00 00`,
      withId,
    ],
    [12, `00000000 01 00 ffffffff 01 00`, { ...answer, brokers: [], clusterId: null, controllerId: -1, topics: [] }],
    [
      13,
      `${compactHead} 02 0000 02't' ${id} 00 02 0005 00000003 ffffffff 00000007 ${compactReplicas} 80000000 00 0003 00`,
      { ...withId, errorCode: 3 },
    ],
    [
      13,
      // Tagged fields nobody knows yet, of 2 and 0 bytes, after the partition and at the end.
      `${compactHead} 02 0000 02't' ${id} 00 02 0005 00000003 ffffffff 00000007
       03 00000001 00000002 01 02 00000002 01 05 02 ffff 80000000 00 0000 01 8101 00`,
      withId,
    ],
  ],
})
