/**
 * docs/configuration.md: every key of the config file. Meanings are the schema's own descriptions, and what a value may
 * be is what the schema itself says when it is given something else.
 */
import { isAlias } from '../../src/config/aliases.ts'
import { defaultTexts } from '../../src/config/balancing-schema.ts'
import { fileSchema } from '../../src/config/file-schema.ts'
import { parseConfig } from '../../src/config/load.ts'
import { rebalanceDefaultTexts } from '../../src/config/rebalance-schema.ts'
import { reloadEffect } from '../../src/config/reload-effect.ts'
import { durationText } from '../../src/config/value-texts.ts'
import { code, generated, markdownTable } from './markdown.ts'

/** As much of zod's insides as it takes to walk a schema. */
interface Schema {
  description?: string
  def: {
    type: string
    shape?: Record<string, Schema>
    innerType?: Schema
    in?: Schema
    element?: Schema
    options?: Schema[]
  }
  safeParse(value: unknown): { success: boolean; error?: { issues: { message: string }[] } }
}

interface Key {
  path: string
  required: boolean
  value: string
  meaning: string
}

export function configurationPage(): string {
  const keys = keysOf(fileSchema(() => '') as unknown as Schema, '')
  const undescribed = keys.filter(({ meaning }) => meaning === '')
  if (undescribed.length > 0)
    throw new Error(`without a description: ${undescribed.map(({ path }) => path).join(', ')}`)
  const used = new Set<Key>()
  const section = (belongs: (path: string) => boolean) => {
    const rows = unique(keys.filter((key) => belongs(key.path)))
    for (const key of keys) if (belongs(key.path)) used.add(key)
    return markdownTable(
      ['Key', 'Value', 'Default', 'Reload', 'Meaning'],
      rows.map((key) => [code(key.path), key.value, defaultOf(key), reloadOf(key), key.meaning]),
    )
  }
  const top = section((path) => !path.includes('.') && !path.includes('['))
  const kafka = section((path) => /^clusters\[\]\.(name|system|bootstrap_servers|tls|sasl)\b/.test(path))
  const pinot = section((path) => /^clusters\[\]\.(controller_urls|zookeeper|auth)/.test(path))
  const aliases = section(isRedpandas)
  const balancing = section((path) => path.startsWith('balancing.') && !isRedpandas(path))
  const leadership = section((path) => path.startsWith('leadership.') && !isRedpandas(path))
  const throttle = section((path) => path.startsWith('throttle.'))
  const rebalance = section((path) => path.startsWith('rebalance.'))
  const process = section((path) => /^(server|state|log)\./.test(path))
  const told = section((path) => /^(notifications\[\]|audit)\./.test(path))
  const simulator = section((path) => path.startsWith('clusters[].simulator'))
  // The same keys under one cluster.
  section((path) => /^clusters\[\]\.(balancing|leadership|throttle|rebalance)\b/.test(path))
  const left = keys.filter((key) => !used.has(key))
  if (left.length > 0) throw new Error(`in no section: ${left.map(({ path }) => path).join(', ')}`)

  return `${generated}# Configuration

One YAML file, given with \`--config\`. [config/kafka.yaml](../config/kafka.yaml) shows every key for Kafka with its default,
[config/demo.yaml](../config/demo.yaml) is the demo. \`evenkeel check-config FILE\` says whether a file is right and names
line and column of everything that is not; \`config/evenkeel.schema.json\` lets editors do the same.

- Values carry their unit: durations \`30s\`, \`5m\`; sizes \`10GiB\`; rates \`50MiB/s\`. Bare numbers are counts or end in \`_percent\`.
- \`\${NAME}\` in a value stands for an environment variable, \`\${NAME:-default}\` for it or, where it is not set or empty, for the default;
  \`$\${\` for a plain \`\${\`. They are put in after parsing: what a variable holds is a value and never adds a key.
- Secrets are best kept in files of their own: where a key takes one, the same key with \`_file\` takes the path of its file.
- Quote \`"off"\`. Templates and YAML 1.1 make false of it unquoted, which is taken for it; they make a number of an unquoted time of day,
  which is refused.
- Relative paths start at the folder of the config file.
- A key that is not listed here is an error.
- \`--set BLOCK.KEY=VALUE\` of \`run\` and \`plan\` wins over the file, for keys of \`balancing\`, \`leadership\`, \`throttle\` and \`rebalance\`. What
  \`rebalance\` says of single tenants and tables stays, unless it is set itself: \`--set rebalance.tables.orders.bestEfforts=true\`.

## Reload

The file is followed while evenkeel runs, and so are the files that it names. The column Reload says what the change of a key takes:

- \`live\`: it holds from the next tick, which is brought forward; of who is told, at once.
- \`reconnects\`: a new connection is made beside the old one. Once it has read the whole cluster, and it is the same one by its id, it is taken
  between two ticks and the old one closed; moves in flight and the journal stay. One that does not work is tried every 10 seconds, one that
  leads to another cluster is given up: the old one stays in force, and the log and \`evenkeel status\` say why.
- \`restart\`: it is named in the log, and what was before stays in force. So it is with a cluster that comes or goes.

What happens to the file, and what evenkeel does:

| What happens | What evenkeel does |
| --- | --- |
| it is written in place, or an editor puts another one in its place | takes it within a second |
| Kubernetes swaps the links of a mounted ConfigMap or Secret | takes it; for a folder that holds only files named by the config within 10 seconds |
| it is half written, wrong or gone | says so once, with line and column, keeps what was in force, and takes the next good one |
| another file that is a config is put in its place by mistake | takes what it may: other clusters need a restart, and are named |
| a file that it names changes (a password, a certificate, the URL of a receiver) | reads it within 10 seconds, and connects anew where it is of a connection |
| it is touched, or replaced by the same text | nothing |
| it is mounted by itself (\`subPath\` in Kubernetes, a single file in Docker) | sees within 10 seconds what is written into that very file; one that is put in its place outside stays unseen, also by SIGHUP: mount the folder |

SIGHUP, or \`POST /-/reload\` ([API](api.md)), reads all of it anew. A file that is refused leaves \`evenkeel_config_last_reload_successful\` at 0 until it is good again.

## What is in force

\`evenkeel config show --config FILE\` lists every setting in force with its origin: \`default\`; \`FILE:LINE\`; before that in the same words
\`cluster override\`, \`alias NAME\` or \`environment variable NAME\`; or \`--set\`, which it takes as \`run\` does. \`-o yaml\` writes it as a file that can be used as a
config: secrets are \`<redacted>\`, unless a file holds them, which is named.

\`\`\`
$ evenkeel config show --config evenkeel.yaml --cluster orders
CLUSTER  KEY                      VALUE           ORIGIN
orders   system                   kafka           evenkeel.yaml:4
orders   bootstrap_servers        [kafka-0:9092]  evenkeel.yaml:5
orders   sasl.password            <redacted>      environment variable KAFKA_PASSWORD (evenkeel.yaml:9)
orders   balancing.mode           continuous      cluster override (evenkeel.yaml:11)
orders   balancing.tick_interval  30s             default
…
\`\`\`

## The file

${top}
## Clusters

${kafka}
A cluster with \`system: pinot\` has these instead of \`bootstrap_servers\` and \`sasl\`; [config/pinot.yaml](../config/pinot.yaml) is an example.

${pinot}
## Balancing

At the top for all clusters, or as \`clusters[].balancing\` for one, whose keys win.

${balancing}
## Leadership

At the top for all clusters, or as \`clusters[].leadership\` for one, whose keys win.

${leadership}
## Redpanda's names

Lines of \`rpk cluster config export\` may be pasted into \`balancing\` and \`leadership\`: these names of Redpanda's own stand for keys above, with its
units. Both at once are an error. A cluster may say by one name what the top says by the other.

${aliases}
## Throttle

At the top for all clusters, or as \`clusters[].throttle\` for one, whose keys win.

${throttle}
## Rebalance

For tables of Apache Pinot, at the top for all clusters or as \`clusters[].rebalance\` for one, whose keys win; keys of a tenant win over
both, keys of a table over all. Names in camel case are Pinot's own parameters, with its own values and without units; each is always
sent. \`check-config\` names those that are risky.

${rebalance}
## Server, state and log

${process}
## Notifications and audit

Receivers and what they get: [notifications.md](notifications.md). The audit trail: [operations.md](operations.md#audit-trail).

${told}
## Simulator

A cluster with \`system: simulator\` lives in the memory of evenkeel.

${simulator.trimEnd()}
`
}

function isRedpandas(path: string): boolean {
  const [block = '', key = ''] = path.split('.')
  return isAlias(block, key)
}

function keysOf(schema: Schema, path: string): Key[] {
  const { def } = schema
  const inner = def.innerType ?? def.in
  if (inner) return keysOf(inner, path)
  if (def.type === 'array') return keysOf(def.element!, `${path}[]`)
  if (def.type === 'union') return def.options!.flatMap((option) => keysOf(option, path))
  return Object.entries(def.shape ?? {}).flatMap(([name, value]) => {
    const own = path === '' ? name : `${path}.${name}`
    const key = {
      path: own,
      required: value.def.type !== 'optional',
      value: valueOf(value),
      meaning: meaningOf(value),
    }
    return [key, ...keysOf(value, own)]
  })
}

function meaningOf(schema: Schema): string {
  const { innerType, in: input } = schema.def
  if (schema.description !== undefined) return schema.description
  const inner = innerType ?? input
  return inner ? meaningOf(inner) : ''
}

/** "expected a size above 0 with its unit" → "a size above 0 with its unit"; of blocks their keys tell. */
function valueOf(schema: Schema): string {
  const message = schema.safeParse(Symbol('nothing')).error?.issues[0]?.message ?? ''
  return message
    .replace(/^(Invalid input: )?expected /, '')
    .replace(/^keys and values$/, 'a block')
    .replace(/^"(.*)"$/, '$1')
}

/** Keys that both systems have are listed once. */
function unique(keys: Key[]): Key[] {
  const seen = new Map<string, Key>()
  for (const key of keys) {
    const before = seen.get(key.path)
    if (!before) seen.set(key.path, { ...key })
    else if (before.value !== key.value) before.value = `${before.value} or ${key.value}`
  }
  return [...seen.values()]
}

function defaultOf({ path, required }: Key): string {
  if (path === 'balancing.mode') return 'none: required here or per cluster'
  const value = path
    .split('.')
    .reduce<unknown>(
      (found, name) =>
        typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[name] : undefined,
      defaultFile,
    )
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return ''
  if (value !== undefined) return code(JSON.stringify(value).replaceAll('"', ''))
  return required ? 'required' : ''
}

/** What its change takes; of the whole file, and of blocks of which it is not one for all, their keys tell. */
function reloadOf({ path }: Key): string {
  if (['version', 'clusters', 'log', 'audit'].includes(path)) return ''
  return reloadEffect(path.replace(/^clusters\[\]\./, '').replaceAll('[]', ''))
}

/** The defaults in the words of a file. */
const defaultFile: Record<string, unknown> = { ...defaultTexts, rebalance: rebalanceDefaultTexts, ...smallest() }

function smallest(): Record<string, unknown> {
  const text =
    'version: 1\nclusters: [{ name: a, system: kafka, bootstrap_servers: [a:1], balancing: { mode: "off" } }]'
  const { server, state, audit, log } = parseConfig(text, 'the smallest file')
  return {
    server: { metrics_listen: address(server.metricsListen), control_listen: address(server.controlListen) },
    state,
    audit: { file: audit.file, keep: durationText(audit.keepMs) },
    log,
  }
}

function address({ host, port }: { host: string; port: number }): string {
  return `${host}:${port}`
}
