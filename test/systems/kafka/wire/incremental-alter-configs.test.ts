import { BROKER_RESOURCE, TOPIC_RESOURCE } from '../../../../src/systems/kafka/wire/describe-configs.ts'
import {
  CONFIG_OPERATION,
  incrementalAlterConfigs,
} from '../../../../src/systems/kafka/wire/incremental-alter-configs.ts'
import { checkCodec } from './codec.ts'

const request = {
  resources: [
    {
      type: BROKER_RESOURCE,
      name: '1',
      configs: [
        { name: 'a', operation: CONFIG_OPERATION.set, value: '9' },
        { name: 'b', operation: CONFIG_OPERATION.delete, value: null },
      ],
    },
    {
      type: TOPIC_RESOURCE,
      name: 't',
      configs: [
        { name: 'c', operation: CONFIG_OPERATION.append, value: '0:1,0:2' },
        { name: 'd', operation: CONFIG_OPERATION.subtract, value: '0:3' },
      ],
    },
  ],
}

const answer = {
  results: [
    { errorCode: 0, errorMessage: null, type: BROKER_RESOURCE, name: '1' },
    { errorCode: 40, errorMessage: 'no', type: TOPIC_RESOURCE, name: 't' },
  ],
}

checkCodec(incrementalAlterConfigs, {
  requests: [
    [
      0,
      request,
      `00000002 04 0001'1' 00000002 0001'a' 00 0001'9' 0001'b' 01 ffff
                02 0001't' 00000002 0001'c' 02 0007'0:1,0:2' 0001'd' 03 0003'0:3' 00`,
    ],
    [
      1,
      request,
      `03 04 02'1' 03 02'a' 00 02'9' 00 02'b' 01 00 00 00
          02 02't' 03 02'c' 02 08'0:1,0:2' 00 02'd' 03 04'0:3' 00 00 00 00`,
    ],
    [1, { resources: [] }, '01 00 00'],
  ],
  answers: [
    [0, `00000000 00000002 0000 ffff 04 0001'1' 0028 0002'no' 02 0001't'`, answer],
    [1, `00000000 03 0000 00 04 02'1' 00 0028 03'no' 02 02't' 00 00`, answer],
    [1, '00000000 01 00', { results: [] }],
  ],
})
