import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Document, isMap, isScalar, parseDocument, visit } from 'yaml'
import { defaultTexts } from '../../src/config/balancing-schema.ts'
import type { CompiledConfig } from '../../src/config/compile.ts'
import { configJsonSchema } from '../../src/config/json-schema.ts'
import { loadConfig, parseConfig } from '../../src/config/load.ts'
import { rebalanceDefaultTexts } from '../../src/config/rebalance-schema.ts'
import { brokenOfMangled, env, examples, problemsOf } from './mangled.ts'

describe('the example configs', () => {
  it('load', () => {
    expect(loadConfig('config/demo.yaml').clusters[0]).toMatchObject({
      system: 'simulator',
      balancing: { mode: 'continuous', tickIntervalMs: 2000, pulseIntervalMs: 500, nodeAddHoldMs: 5000 },
      leadership: { enabled: true },
    })
    expect(loadConfig('config/kafka.yaml', { env }).clusters[0]).toMatchObject({ system: 'kafka', name: 'orders' })
    expect(loadConfig('config/pinot.yaml', { env }).clusters[0]).toMatchObject({ system: 'pinot', name: 'analytics' })
  })

  it('give the added node of the demo time to be filled before the next act', () => {
    const [demo] = loadConfig('config/demo.yaml').clusters
    if (demo?.system !== 'simulator') throw new Error('the demo is simulated')
    const { topics, nodes, events, copyRate } = demo.simulator
    const bytes = topics.reduce((sum, topic) => sum + topic.partitions * topic.replicationFactor * topic.size, 0)
    const copySeconds = bytes / (nodes.length + 1) / copyRate
    const startSeconds = (events[0]!.atMs + demo.balancing.nodeAddHoldMs + demo.balancing.tickIntervalMs) / 1000
    expect(startSeconds + copySeconds).toBeLessThan(events[1]!.atMs / 1000)
  })

  it('show every key with its default', () => {
    const shown = parseDocument(readFileSync('config/kafka.yaml', 'utf8')).toJS() as Record<string, object>
    expect(shown['balancing']).toEqual({ mode: 'continuous', ...defaultTexts.balancing })
    expect(shown['leadership']).toEqual(defaultTexts.leadership)
    const { tenants, tables, ...rebalance } = (
      parseDocument(readFileSync('config/pinot.yaml', 'utf8')).toJS() as { rebalance: Record<string, unknown> }
    ).rebalance
    expect(rebalance).toEqual(rebalanceDefaultTexts)
    expect([tenants, tables]).not.toContain(undefined)
    const { server, state, audit, log } = loadConfig('config/kafka.yaml', { env })
    const smallest =
      'version: 1\nclusters: [{ name: a, system: kafka, bootstrap_servers: [a:1] }]\nbalancing: { mode: off }'
    expect({ server, state, audit, log }).toEqual(pick(parseConfig(smallest, 'c.yaml')))
    expect(Object.keys({ ...shown['server'], ...shown['state'], ...shown['audit'], ...shown['log'] })).toEqual([
      'metrics_listen',
      'control_listen',
      'directory',
      'file',
      'keep',
      'level',
      'format',
    ])
  })
})

function pick({ server, state, audit, log }: CompiledConfig) {
  return { server, state, audit, log }
}

describe('the JSON schema', () => {
  it('is up to date: else run npx tsx scripts/config-schema.ts', () => {
    expect(JSON.parse(readFileSync('config/evenkeel.schema.json', 'utf8'))).toEqual(configJsonSchema())
  })

  it('refuses unknown keys everywhere', () => {
    const open: string[] = []
    const look = (value: unknown, path: string) => {
      if (typeof value !== 'object' || value === null) return
      if ('properties' in value && (value as { additionalProperties?: unknown }).additionalProperties !== false)
        open.push(path)
      for (const [key, inner] of Object.entries(value)) look(inner, `${path}/${key}`)
    }
    look(configJsonSchema(), '')
    expect(open).toEqual([])
  })
})

/** Texts that differ from the example in one place and are surely wrong there: [line of the change, text]. */
function brokenVariants(text: string): [line: number, text: string][] {
  const variants: [number, string][] = []
  const document: Document.Parsed = parseDocument(text)
  const replace = (range: readonly number[] | null | undefined, by: string) => {
    if (!range) return
    const line = text.slice(0, range[0]).split('\n').length
    variants.push([line, text.slice(0, range[0]) + by + text.slice(range[1])])
  }
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key)) return
      replace(key.range, `${String(key.value)}_`)
      replace(key.range, 'x')
      if (isScalar(value)) replace(value.range, '{ nonsense: 1 }')
      if (isScalar(value)) replace(value.range, '[[1]]')
      if (isScalar(value)) replace(value.range, '"${NOT_SET}"')
      if (isScalar(value) && typeof value.value !== 'boolean') replace(value.range, '1_000 parrots')
      if (isMap(value)) replace(value.range, text[value.range![1] - 1] === '\n' ? '7\n' : '7')
    },
  })
  // A user name may be anything, and so may a directory, a tenant or a table.
  return variants.filter(
    ([, variant]) =>
      !/^ *(username|password|token|directory|file): 1_000/m.test(variant) &&
      !/(rack|name): 1_000/.test(variant) &&
      !/^ {4}(Archive_|orders_|clicks_REALTIME_|x): \{ (batch|priority|force)/m.test(variant),
  )
}

describe.each(examples)('broken variants of %s', (file) => {
  const text = readFileSync(file, 'utf8')

  it('each give an error at the line that was broken', () => {
    const variants = brokenVariants(text)
    expect(variants.length).toBeGreaterThan(100)
    for (const [line, variant] of variants) {
      const lines = problemsOf(variant, file)
      // Without its system a cluster cannot be judged, and what is missing is reported at the cluster.
      if (lines.some((problem) => problem.includes('clusters[0].system: is missing'))) continue
      expect(
        lines.map((problem) => Number(problem.split(':')[1])),
        `${lines.join('\n')}\n${variant}`,
      ).toContain(line)
    }
  })

  it('never crash the loader, whatever is cut off, left out or typed in between', () => {
    expect(brokenOfMangled(file, 1, 200)).toBeGreaterThan(70)
  })
})
