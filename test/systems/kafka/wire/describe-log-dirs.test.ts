import { describeLogDirs } from '../../../../src/systems/kafka/wire/describe-log-dirs.ts'
import { checkCodec } from './codec.ts'

const partition = { partition: 3, sizeBytes: 2 ** 32 + 5, offsetLag: 9, isFutureKey: true }
const dir = {
  errorCode: 0,
  path: '/d',
  topics: [{ name: 't', partitions: [partition] }],
  totalBytes: null,
  usableBytes: null,
  isCordoned: null,
}
const offline = { ...dir, errorCode: 56, topics: [] }

const size = '0000000100000005'
const lag = '0000000000000009'
const all = { topics: null }
const some = { topics: [{ name: 't', partitions: [0, 300] }] }

checkCodec(describeLogDirs, {
  requests: [
    [1, all, 'ffffffff'],
    [1, some, `00000001 0001't' 00000002 00000000 0000012c`],
    [2, all, '00 00'],
    [2, some, `02 02't' 03 00000000 0000012c 00 00`],
    [3, some, `02 02't' 03 00000000 0000012c 00 00`],
    [4, some, `02 02't' 03 00000000 0000012c 00 00`],
    [5, { topics: [] }, '01 00'],
  ],
  answers: [
    [
      1,
      `00000000 00000001 0000 0002'/d' 00000001 0001't' 00000001 00000003 ${size} ${lag} 01`,
      { errorCode: 0, dirs: [dir] },
    ],
    [1, '00000000 00000000', { errorCode: 0, dirs: [] }],
    [2, `00000000 02 0000 03'/d' 02 02't' 02 00000003 ${size} ${lag} 01 00 00 00 00`, { errorCode: 0, dirs: [dir] }],
    [
      3,
      `00000000 0000 02 0000 03'/d' 02 02't' 02 00000003 ${size} ${lag} 01 00 00 00 00`,
      { errorCode: 0, dirs: [dir] },
    ],
    [3, '00000000 001f 01 00', { errorCode: 31, dirs: [] }],
    [
      4,
      `00000000 0000 02 0000 03'/d' 02 02't' 02 00000003 ${size} ${lag} 01 00 00 0000000000000064 0000000000000032 00 00`,
      { errorCode: 0, dirs: [{ ...dir, totalBytes: 100, usableBytes: 50 }] },
    ],
    // An offline dir: no topics, and bytes that are not told.
    [4, `00000000 0000 02 0038 03'/d' 01 ffffffffffffffff ffffffffffffffff 00 00`, { errorCode: 0, dirs: [offline] }],
    [
      5,
      // A file system without a limit of its own reports the largest int64.
      `00000000 0000 02 0000 03'/d' 01 7fffffffffffffff 0000000000000032 01 00 00`,
      {
        errorCode: 0,
        dirs: [{ ...dir, topics: [], totalBytes: Number.MAX_SAFE_INTEGER, usableBytes: 50, isCordoned: true }],
      },
    ],
  ],
})
