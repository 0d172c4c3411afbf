import {
  BROKER_RESOURCE,
  CONFIG_SOURCE,
  describeConfigs,
  TOPIC_RESOURCE,
} from '../../../../src/systems/kafka/wire/describe-configs.ts'
import { checkCodec } from './codec.ts'

const request = { resources: [{ type: TOPIC_RESOURCE, name: 't', keys: ['k'] }], includeSynonyms: true }
const everything = { resources: [{ type: BROKER_RESOURCE, name: '', keys: null }], includeSynonyms: false }

const answer = {
  results: [
    {
      errorCode: 0,
      errorMessage: null,
      type: BROKER_RESOURCE,
      name: '1',
      configs: [
        {
          name: 'k',
          value: null,
          readOnly: true,
          source: CONFIG_SOURCE.static,
          isSensitive: true,
          synonyms: [{ name: 's', value: 'v', source: CONFIG_SOURCE.default }],
        },
      ],
    },
  ],
}

const classic = `00000000 00000001 0000 ffff 04 0001'1' 00000001 0001'k' ffff 01 04 01 00000001 0001's' 0001'v' 05`

checkCodec(describeConfigs, {
  requests: [
    [1, request, `00000001 02 0001't' 00000001 0001'k' 01`],
    [1, everything, '00000001 04 0000 ffffffff 00'],
    [2, request, `00000001 02 0001't' 00000001 0001'k' 01`],
    [3, request, `00000001 02 0001't' 00000001 0001'k' 01 00`],
    [4, request, `02 02 02't' 02 02'k' 00 01 00 00`],
    [4, everything, '02 04 01 00 00 00 00 00'],
  ],
  answers: [
    [1, classic, answer],
    [2, classic, answer],
    [3, `${classic} 02 ffff`, answer],
    [4, `00000000 02 0000 00 04 02'1' 02 02'k' 00 01 04 01 02 02's' 02'v' 05 00 02 00 00 00 00`, answer],
  ],
})
