import { expect, test } from 'vitest'
import { otherBalancers } from '../../../src/systems/kafka/other-balancers.ts'
import { build, node, topic } from '../../cluster/support.ts'

const samples = '__KafkaCruiseControlModelTrainingSamples'
const of = (name: string, ...rates: (number | undefined)[]) =>
  otherBalancers(
    build({
      nodes: [node(1)],
      topics: [
        topic(
          rates.map((rate) => ({ replicas: [1], ...(rate === undefined ? {} : { bytes_in_per_second: rate }) })),
          { name },
        ),
      ],
    }),
  )

test('Cruise Control is at work while something comes in where it stores what it has measured', () => {
  expect(of(samples, 0, 40)).toEqual([
    { with: 'cruise_control', text: expect.stringMatching(/writes to __KafkaCruiseControlModelTrainingSamples\)/) },
  ])
  expect(of('strimzi.cruisecontrol.partitionmetricsamples', 3)).toHaveLength(1)
})

test('topics that it has left behind, rates that are not known yet, and reporters in the brokers say nothing', () => {
  expect(of(samples, 0, 0)).toEqual([])
  expect(of(samples, undefined)).toEqual([])
  expect(of('__CruiseControlMetrics', 500)).toEqual([])
  expect(of('orders', 500)).toEqual([])
})
