/**
 * The example configs, each broken in hundreds of ways, given to `check-config --offline`: every one is good or ends with 78 and
 * errors that each have a place in the file. Nothing else is ever printed, least of all a secret.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Document, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml'
import { seededRandom } from '../../src/lib/random.ts'
import { cliWith, file } from './support.ts'

/** What may stand in the files as a secret, and the environment. */
const secret = 'hunter2-s3cret'
const env = { KAFKA_PASSWORD: secret, PINOT_TOKEN: secret }

const examples = ['demo.yaml', 'kafka.yaml', 'pinot.yaml']
const PICKS = 4
const DEEP = 3000

type Path = (string | number)[]

/** One place that is changed by hand of the parsed document. `at` leads to a value. */
type Edit = (document: Document, at: Path) => void

const value =
  (broken: unknown): Edit =>
  (document, at) =>
    document.setIn(at, broken)

const withKey =
  (rename: (key: string) => string): Edit =>
  (document, at) => {
    const block = document.getIn(at.slice(0, -1), true)
    const pair = isMap(block) ? block.items.find(({ key }) => isScalar(key) && key.value === at.at(-1)) : undefined
    if (pair && isScalar(pair.key)) pair.key.value = rename(String(pair.key.value))
  }

const edits: Record<string, Edit> = {
  'a key deleted': (document, at) => document.deleteIn(at),
  'a key misspelt': withKey((key) => `${key.slice(0, 2)}x${key.slice(2)}`),
  'a key in capitals': withKey((key) => key.toUpperCase()),
  'a key with a dash': withKey((key) => key.replace('_', '-')),
  'a key that is empty': withKey(() => ''),
  'a key that is a number': withKey(() => '12'),
  null: value(null),
  'an empty text': value(''),
  'a text': value(secret),
  'a number': value(42),
  'a negative number': value(-1),
  'a number that is too large': value(1e300),
  'not a number': value(Number.NaN),
  infinity: value(Number.POSITIVE_INFINITY),
  true: value(true),
  false: value(false),
  'a list': value([secret]),
  'an empty list': value([]),
  'a block': value({ [secret]: secret }),
  'an empty block': value({}),
  'a date': value('2026-01-01T00:00:00Z'),
  'a unit that is none': value('30 minutes'),
  'the unit of something else': value('50MiB'),
  'a rate': value('5MiB/s'),
  'a duration': value('7s'),
  'a time of day as YAML 1.1 reads it': value(1320),
  'a variable that is not set': value('${NOT_SET}'),
  'a variable that is not closed': value('${KAFKA_PASSWORD'),
  'a default that is nothing': value('${NOT_SET:-}'),
  'a secret where none belongs': value('${KAFKA_PASSWORD}'),
  'a list nested deeply': value(nested((inner) => [inner])),
  'a block nested deeply': value(nested((inner) => ({ a: inner }))),
  'a very long text': value('x'.repeat(200_000)),
  __proto__: value(JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')),
  'itself once more in a list': (document, at) => document.setIn(at, [document.getIn(at), document.getIn(at)]),
}

function nested(around: (inner: unknown) => unknown): unknown {
  let inner: unknown = 1
  for (let depth = 0; depth < 300; depth++) inner = around(inner)
  return inner
}

/** One place that is changed by hand of the text; `from` to `until` is a value, `key` where its key begins. */
type Slip = (text: string, place: { key: number; from: number; until: number }) => string

const put =
  (broken: string): Slip =>
  (text, { from, until }) =>
    text.slice(0, from) + broken + text.slice(until)

const slips: Record<string, Slip> = {
  'a key twice': (text, { key, until }) => {
    const line = text.lastIndexOf('\n', key) + 1
    return `${text.slice(0, line)}${text.slice(line, until)}\n${text.slice(line)}`
  },
  'no space after a colon': (text, { from, until }) => `${text.slice(0, from).trimEnd()}${secret}${text.slice(until)}`,
  'no colon': (text, { from }) => text.slice(0, from).replace(/:\s*$/, ' ') + text.slice(from),
  'a tab': (text, { key }) => `${text.slice(0, key)}\t${text.slice(key)}`,
  'a blank too many': (text, { key }) => `${text.slice(0, key)} ${text.slice(key)}`,
  'a line break': (text, { from }) => `${text.slice(0, from)}\n${text.slice(from)}`,
  'cut off there': (text, { from }) => text.slice(0, from),
  'cut off before': (text, { until }) => text.slice(until),
  'a quote that is not closed': (text, { from }) => `${text.slice(0, from)}"${text.slice(from)}`,
  'a quote of the other kind': put(`"${secret}'`),
  'two values': put(`"${secret}" "${secret}"`),
  'a bracket that is not closed': put(`[${secret}`),
  'a brace that is not closed': put(`{ ${secret}: `),
  'brackets without end': put('['.repeat(DEEP)),
  'blocks without end': put('{a: '.repeat(DEEP)),
  'an anchor that is not there': put(`*${secret}`),
  'an anchor on itself': put('&a [*a]'),
  'a tag': put(`!!binary ${secret}`),
  'another tag': put(`!${secret} x`),
  'a block text': put(`|\n${secret}`),
  'a merged block': (text, { key }) => `${text.slice(0, key)}<<: { a: ${secret} }\n${text.slice(key)}`,
  'a second document': (text, { key }) => `${text.slice(0, key)}\n---\n${text.slice(key)}`,
  'a zero byte': (text, { from }) => `${text.slice(0, from)}\0${text.slice(from)}`,
  'a directive': (text, { key }) => `%YAML 1.1\n${text.slice(0, key)}%${text.slice(key)}`,
  'lines of another system': (text) => text.replaceAll('\n', '\r\n'),
  'a mark at the begin': (text, { from }) => `\uFEFF${put(secret)(text, { key: 0, from, until: from })}`,
}

/** Every value that stands at a key, in a map or in a map of a list. */
function places(text: string): { path: Path; place: { key: number; from: number; until: number } }[] {
  const found: ReturnType<typeof places> = []
  visit(parseDocument(text), {
    Pair(_, { key, value }, ancestors) {
      if (!isScalar(key) || !key.range) return
      const path = ancestors.flatMap((node, index): Path => {
        const next = ancestors[index + 1]
        if (isSeq(node)) return [node.items.indexOf(next)]
        return 'key' in node && isScalar(node.key) ? [String(node.key.value)] : []
      })
      const range = (isScalar(value) || isMap(value) || isSeq(value)) && value.range ? value.range : key.range
      found.push({ path: [...path, String(key.value)], place: { key: key.range[0], from: range[0], until: range[1] } })
    },
  })
  return found
}

describe.each(examples)('%s', (name) => {
  const text = readFileSync(`config/${name}`, 'utf8')
  const all = places(text)
  const random = seededRandom(7)
  let number = 0
  let broken = 0

  async function check(content: string): Promise<void> {
    const path = file(`broken-${name}-${number++}.yaml`, content)
    const { code, out, err } = await cliWith({ env }, 'check-config', '--offline', path)
    const said = `${out}\n${err}\n${content.slice(0, 3000)}`
    expect([0, 78], said).toContain(code)
    expect(`${out}${err}`, said).not.toContain(secret)
    expect(`${out}${err}`, said).not.toMatch(/undefined|NaN|\[object|Invalid input|\n\s+at |Error:/)
    if (code === 0) {
      expect(err, said).toBe('')
      return
    }
    broken += 1
    const lines = content.split('\n')
    for (const line of err
      .trimEnd()
      .replace(/^evenkeel: /, '')
      .split('\n')) {
      const match = /^(.*?):(\d+):(\d+): (.{5,300})$/.exec(line)
      expect(match?.[1], said).toBe(path)
      expect(lines[Number(match?.[2]) - 1]?.length, said).toBeGreaterThanOrEqual(Number(match?.[3]) - 1)
    }
  }

  const picked = () => Array.from({ length: PICKS }, () => all[Math.floor(random() * all.length)]!)

  it.each(Object.entries(edits))('%s', async (_, edit) => {
    for (const { path } of picked()) {
      const document = parseDocument(text)
      edit(document, path)
      await check(String(document))
    }
  })

  it.each(Object.entries(slips))('with a slip: %s', async (_, slip) => {
    for (const { place } of picked()) await check(slip(text, place))
  })

  it('was wrong in most of that', () => {
    expect(broken).toBeGreaterThan(200)
  })
})

it('what is no text, or nothing, is a placed error as well', async () => {
  for (const bytes of [
    Buffer.from([0xff, 0xfe, 0x00, 0x41]),
    Buffer.alloc(4096),
    Buffer.from(''),
    Buffer.from('\n# x\n'),
  ]) {
    const { code, err } = await cliWith({ env }, 'check-config', '--offline', file('bytes.yaml', bytes))
    expect([code, err]).toEqual([78, expect.stringMatching(/bytes\.yaml:\d+:\d+: /)])
  }
})
