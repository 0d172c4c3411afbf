/** What of Kafka's throttle settings no row of the contract shows: who may be asked, in which layer a value stands, who is permitted. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { realClock } from '../../../src/lib/clock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { createKafka, type KafkaSystem } from '../../../src/systems/kafka/kafka.ts'
import { createTransport, type KafkaTransport } from '../../../src/systems/kafka/transport.ts'
import {
  BROKER_RESOURCE,
  CONFIG_SOURCE,
  describeConfigs,
  TOPIC_RESOURCE,
} from '../../../src/systems/kafka/wire/describe-configs.ts'
import { CONFIG_OPERATION, incrementalAlterConfigs } from '../../../src/systems/kafka/wire/incremental-alter-configs.ts'
import type { Setting, SettingChange, SettingRef } from '../../../src/systems/port.ts'
import { until } from '../wait.ts'
import { type KafkaCluster, startKafka } from './cluster.ts'
import { fill } from './fill.ts'
import type { KafkaVersion } from './jars.ts'
import { createTopic, grant, setConfig } from './tools.ts'

const MiB = 1024 * 1024
const IN = 'follower.replication.throttled.rate'
const OUT = 'leader.replication.throttled.rate'
const SOURCES = 'leader.replication.throttled.replicas'
const rate: SettingRef = { scope: 'node', of: 1, name: IN }
const list: SettingRef = { scope: 'topic', of: 't', name: SOURCES }
const accepted = { outcome: 'accepted' }
const signal = new AbortController().signal
const live = { signal, timeoutMs: 10_000 }

const addresses = (cluster: KafkaCluster) =>
  cluster.bootstrap.map((address) => {
    const [host, port] = address.split(':')
    return { host: host!, port: Number(port) }
  })

export function throttleSettings(version: KafkaVersion): void {
  describe(`Kafka ${version}`, () => {
    let cluster: KafkaCluster
    let system: KafkaSystem
    let transport: KafkaTransport

    beforeAll(async () => {
      // Broker 2 has a rate in its file.
      const brokers = [{ id: 1 }, { id: 2, properties: { [IN]: 7_000_000 } }]
      cluster = await startKafka({ version, brokers })
      await createTopic(cluster, 't', { assignment: [[1]] })
      const bootstrap = addresses(cluster)
      system = await createKafka({ name: 'test', bootstrap, clientId: 'test' }, realClock)
      transport = await createTransport({ bootstrap, clientId: 'raw' })
      transport.updateNodes(bootstrap.map((address, index) => ({ ...address, id: index + 1, rack: null })))
    })
    afterAll(async () => {
      await system?.close()
      await transport?.close()
      await cluster?.close()
    })

    const observe = (...refs: SettingRef[]) => system.settings.observe(refs, signal)
    const apply = (...changes: SettingChange[]) => system.settings.apply(changes, signal)
    const become = (what: string, ref: SettingRef, expected: object) =>
      until(what, 5_000, async () => JSON.stringify((await observe(ref))[0]) === JSON.stringify(expected))

    async function alter(
      via: number,
      type: number,
      name: string,
      key: string,
      operation: number,
      value: string | null,
    ) {
      const resources = [{ type, name, configs: [{ name: key, operation, value }] }]
      return (await transport.send(via, incrementalAlterConfigs, { resources }, live)).results[0]!.errorCode
    }

    async function describeRaw(via: number, type: number, name: string, key: string) {
      const request = { resources: [{ type, name, keys: [key] }], includeSynonyms: false }
      const { errorCode, configs } = (await transport.send(via, describeConfigs, request, live)).results[0]!
      return { errorCode, told: configs.map(({ value, source }) => ({ value, source })) }
    }

    test('nobody tells or changes what another broker has of its own, anybody what all have', async () => {
      expect(await describeRaw(2, BROKER_RESOURCE, '1', IN)).toEqual({ errorCode: 42, told: [] })
      expect(await alter(2, BROKER_RESOURCE, '1', IN, CONFIG_OPERATION.set, '5')).toBe(42)
      for (const via of [1, 2]) {
        expect(await alter(via, BROKER_RESOURCE, '', OUT, CONFIG_OPERATION.set, `${via}000`)).toBe(0)
        await until('it being told', 5_000, async () => {
          const { told } = await describeRaw(via, BROKER_RESOURCE, '', OUT)
          return told[0]?.value === `${via}000` && told[0].source === CONFIG_SOURCE.clusterDefault
        })
      }
      expect(await apply({ scope: 'node', of: '', name: OUT, delete: true })).toEqual([accepted])
    })

    test('without its last member Kafka keeps a list as an empty one, and one that binds all takes no members', async () => {
      const change = (operation: number, value: string | null) =>
        alter(1, TOPIC_RESOURCE, 't', SOURCES, operation, value)
      const shows = (value: string, source: number) =>
        until(`${value} in the list`, 5_000, async () => {
          const { told } = await describeRaw(1, TOPIC_RESOURCE, 't', SOURCES)
          return told[0]?.value === value && told[0].source === source
        })
      expect(await change(CONFIG_OPERATION.append, '0:1,0:1')).toBe(0)
      expect(await change(CONFIG_OPERATION.append, '0:1')).toBe(0)
      await shows('0:1', CONFIG_SOURCE.topic)
      expect(await change(CONFIG_OPERATION.subtract, '0:1,0:2')).toBe(0)
      await shows('', CONFIG_SOURCE.topic)
      expect(await change(CONFIG_OPERATION.set, '*')).toBe(0)
      await shows('*', CONFIG_SOURCE.topic)
      expect(await change(CONFIG_OPERATION.append, '0:1')).toBe(40)
      expect(await change(CONFIG_OPERATION.subtract, '0:1')).toBe(0)
      await realClock.sleep(200)
      await shows('*', CONFIG_SOURCE.topic)
      expect(await change(CONFIG_OPERATION.delete, null)).toBe(0)
      await shows('', CONFIG_SOURCE.default)
    })

    test('a key that a request names twice is refused', async () => {
      const config = { name: SOURCES, operation: CONFIG_OPERATION.append, value: '0:1' }
      const resources = [{ type: TOPIC_RESOURCE, name: 't', configs: [config, { ...config, value: '0:2' }] }]
      const { results } = await transport.send('any', incrementalAlterConfigs, { resources }, live)
      expect(results.map(({ errorCode }) => errorCode)).toEqual([42])
    })

    test('a rate in a file is in force and nobody’s to take back; ours covers it for a while', async () => {
      const ofFile: SettingRef = { ...rate, of: 2 }
      expect(await observe(ofFile, rate)).toEqual([
        { own: null, effective: '7000000' },
        { own: null, effective: null },
      ])
      expect(await system.settings.survey(signal)).toEqual([])
      expect(await apply({ ...ofFile, set: '5000' })).toEqual([accepted])
      await become('ours', ofFile, { own: '5000', effective: '5000' })
      expect(await system.settings.survey(signal)).toEqual([{ ...ofFile, value: '5000' }])
      await apply({ ...ofFile, delete: true })
      await become('that of the file', ofFile, { own: null, effective: '7000000' })
    })

    test('what is observed while it changes stood there before or stands there now', async () => {
      const ofFile: SettingRef = { ...rate, of: 2 }
      const seen = new Set<string>()
      for (let round = 0; round < 15; round += 1) {
        expect(await apply({ ...ofFile, set: '5000' })).toEqual([accepted])
        seen.add(JSON.stringify((await observe(ofFile))[0]))
        await become('ours', ofFile, { own: '5000', effective: '5000' })
        expect(await apply({ ...ofFile, delete: true })).toEqual([accepted])
        seen.add(JSON.stringify((await observe(ofFile))[0]))
        await become('that of the file', ofFile, { own: null, effective: '7000000' })
      }
      const sound = [
        { own: '5000', effective: '5000' },
        { own: null, effective: '7000000' },
      ]
      expect([...seen].filter((text) => !sound.some((one) => JSON.stringify(one) === text))).toEqual([])
    })

    test('a broker that answers nothing holds up nobody', async () => {
      const other: SettingRef = { ...rate, of: 2 }
      await apply({ ...other, set: '5000' })
      await become('set', other, { own: '5000', effective: '5000' })
      cluster.freeze(1)
      try {
        const start = realClock.now()
        const [silent, told] = await observe(rate, other)
        expect([silent, told]).toMatchObject([{ unreachable: true }, { own: '5000' }])
        expect(realClock.now() - start).toBeLessThan(8_000)
      } finally {
        cluster.thaw(1)
      }
      await until('both', 15_000, async () => (await system.pulse(signal)).aliveNodes.length === 2)
      await apply({ ...other, delete: true })
    })

    test('without a controller settings are told; a change that was given up is made when there is one again', async () => {
      await cluster.killController()
      expect(await observe(rate)).toEqual([{ own: null, effective: null }])
      const patience = AbortSignal.timeout(2_000)
      const [result] = await system.settings.apply([{ ...rate, set: '5000' }], patience)
      expect(result!.outcome).toBe('unknown')
      await cluster.startController()
      await until('it being made', 30_000, async () => {
        const [seen] = await observe(rate)
        return seen && 'own' in seen && seen.own === '5000'
      })
      await until('its end', 10_000, async () => (await apply({ ...rate, delete: true }))[0]!.outcome === 'accepted')
    })
  })
}

export function settingsWithoutPermission(): void {
  test('a throttle holds what is copied to its rate, and less of it lets the rest go at once', async () => {
    const cluster = await startKafka({ brokers: [{ id: 1 }, { id: 2 }] })
    const system = await createKafka({ name: 'test', bootstrap: addresses(cluster), clientId: 'test' }, realClock)
    try {
      await createTopic(cluster, 't', { assignment: [[1]] })
      await fill(cluster, 't', [60 * MiB])
      const settings = system.settings.settingsOf({
        rates: [
          { node: 1, out: 4 * MiB },
          { node: 2, in: 4 * MiB },
        ],
        copies: [{ topic: 't', partition: 0, sources: [1], targets: [2] }],
      })
      const results = await system.settings.apply(settings.map(begun), signal)
      expect(results).toEqual(settings.map(() => accepted))
      const replicas = { topic: 't', partition: 0, expect: [1], replicas: [2], adds: [2] }
      expect(await system.perform([{ kind: 'set', ...replicas }], signal)).toEqual([accepted])
      const start = realClock.now()
      await until('10 MiB', 20_000, async () => ((await system.pulse(signal)).running[0]?.bytesDone ?? 0) > 10 * MiB)
      const seconds = (realClock.now() - start) / 1_000
      // The window of a second or so that is free at the start; 2.5 s at the rate.
      expect(seconds).toBeGreaterThan(1.2)
      expect(seconds).toBeLessThan(8)
      await system.settings.apply(
        settings.flatMap((setting): SettingChange[] =>
          'value' in setting ? [{ ...refOf(setting), delete: true }] : [],
        ),
        signal,
      )
      await until('the end', 6_000, async () => (await system.pulse(signal)).running.length === 0)
    } finally {
      await system.close()
      await cluster.close()
    }
  })
}

test('who may not read or change settings is told which permission is missing', async () => {
  const user = { username: 'alice', password: 'alice' }
  const cluster = await startKafka({ brokers: [{ id: 1 }], sasl: { alice: 'alice' }, authorizer: true })
  const sasl = { mechanism: 'plain' as const, username: user.username, password: new Secret(user.password) }
  const open = () => createKafka({ name: 'test', bootstrap: addresses(cluster), clientId: 'test', sasl }, realClock)
  const system = await open()
  try {
    await createTopic(cluster, 't', { assignment: [[1]] })
    await setConfig(cluster, 'brokers', '1', IN, '5000')
    const { settings } = system
    expect(await settings.observe([rate, list], signal)).toEqual([
      { unknown: expect.stringContaining('CLUSTER DESCRIBE_CONFIGS'), unreachable: false },
      { unknown: expect.stringContaining('TOPIC DESCRIBE_CONFIGS'), unreachable: false },
    ])
    const changes: SettingChange[] = [
      { ...rate, set: '6000' },
      { ...list, add: ['0:1'] },
    ]
    expect(await settings.apply(changes, signal)).toEqual([
      { outcome: 'refused', code: 'not_permitted', text: 'the permission CLUSTER ALTER_CONFIGS is missing' },
      { outcome: 'refused', code: 'not_permitted', text: 'the permission TOPIC ALTER_CONFIGS is missing' },
    ])
    await expect(settings.survey(signal)).rejects.toMatchObject({ code: 'sample_incomplete' })
    await grant(cluster, user.username, ['--cluster'], ['AlterConfigs'])
    await grant(cluster, user.username, ['--topic', '*'], ['Describe', 'AlterConfigs'])
    await until('the permissions', 10_000, async () =>
      (await settings.apply(changes, signal)).every(({ outcome }) => outcome === 'accepted'),
    )
    await until('both being told', 5_000, async () => (await settings.survey(signal)).length === 2)
  } finally {
    await system.close()
    await cluster.close()
  }
})

function refOf({ scope, of, name }: SettingRef): SettingRef {
  return { scope, of, name }
}

function begun(setting: Setting): SettingChange {
  return 'value' in setting ? { ...refOf(setting), set: setting.value } : { ...refOf(setting), add: setting.members }
}
