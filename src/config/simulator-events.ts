/** What happens to a simulated cluster in the course of time. */
import type { z } from 'zod'
import { nodeBlock, nodeId, topicBlock } from './simulator-parts.ts'
import { block, bytes, count, duration, flag, list, oneOf, rate, rules, text } from './values.ts'

const dayMs = 86_400_000

/** One thing at one time, as the simulator takes it. */
export function simulatorEvent() {
  const shape = happenings()
  const names = Object.keys(shape)
  const optional = Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.exactOptional()]))
  const keys = block({ at: duration(0, 365 * dayMs).describe('Since the start.'), ...optional })
  return rules(keys, (event, problem) => {
    if (names.filter((name) => event[name] !== undefined).length !== 1)
      problem('give exactly one thing that happens, such as stop_node or fail_dir')
  }).transform(({ at, ...event }) => {
    const [name, what] = Object.entries(event)[0]!
    return { atMs: at, [camelCase(name)]: what } as { atMs: number } & Happening
  })
}

type Shape = ReturnType<typeof happenings>
type CamelCase<Name> = Name extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Name
type Happening = {
  [Name in keyof Shape]: { [Key in CamelCase<Name> & string]: z.output<Shape[Name]> }
}[keyof Shape]

function camelCase(name: string): string {
  return name.replace(/_./g, (mark) => mark.charAt(1).toUpperCase())
}

function happenings() {
  return {
    add_node: nodeBlock().describe('A broker joins, empty.'),
    stop_node: nodeId().describe('A broker goes down.'),
    start_node: nodeId().describe('It comes back with what it had.'),
    flap: block({
      node: nodeId().describe('Broker id.'),
      down: duration(1, dayMs).describe('How long it is down each time.'),
      up: duration(1, dayMs).describe('How long it is up after that.'),
      times: count(1, 1_000).describe('How often.'),
    })
      .transform(({ node, down, up, times }) => ({ node, downMs: down, upMs: up, times }))
      .describe('A broker goes down and comes back, again and again.'),
    silence: block({ node: nodeId().describe('Broker id.'), for: lasting() })
      .transform(({ node, for: ms }) => ({ node, ms }))
      .describe('A broker is well but tells no sizes for a while.'),
    fail_dir: block(dir()).transform(target).describe('A disk breaks.'),
    replace_dir: block(dir())
      .transform(target)
      .describe('A good, empty disk takes its place; the broker sees it when it starts next.'),
    fill_dir: block({ ...dir(), other_data: bytes().describe('What others keep on the volume from now on.') })
      .transform(({ other_data, ...rest }) => ({ ...target(rest), otherBytes: other_data }))
      .describe('Others write onto a disk.'),
    cordon_dir: block({ ...dir(), cordoned: flag().describe('Whether it is from now on.') })
      .transform(({ cordoned, ...rest }) => ({ ...target(rest), cordoned }))
      .describe('Somebody cordons a dir, or no longer.'),
    create_topic: topicBlock().describe('A topic comes.'),
    delete_topic: text('a topic name').describe('A topic goes.'),
    add_partitions: block({
      topic: text('a topic name').describe('Name of the topic.'),
      count: count(1, 100_000).describe('How many more.'),
    }).describe('A topic gets further partitions, empty.'),
    set_growth: block({
      topic: text('a topic name').describe('Name of the topic.'),
      growth: rate().describe('Bytes written to the whole topic.'),
    }).describe('From now on a topic grows at another rate.'),
    set_copy_rate: block({
      node: nodeId().describe('Of one broker; absent: of all without a rate of their own.').exactOptional(),
      rate: rate().describe('The new rate.'),
    }).describe('From now on replicas are copied at another rate.'),
    reassign: block({
      topic: text('a topic name').describe('Name of the topic.'),
      partition: count(0, 100_000).describe('Number of the partition.'),
      replicas: list(nodeId(), 'node ids').describe('The new list, the preferred leader first.'),
    }).describe('Somebody else moves a partition.'),
    relocate: block({
      topic: text('a topic name').describe('Name of the topic.'),
      partition: count(0, 100_000).describe('Number of the partition.'),
      ...dir(),
    })
      .transform(({ topic, partition, ...rest }) => ({ topic, partition, dir: target(rest) }))
      .describe('Somebody else moves a replica to another dir of its broker.'),
    blind: block({
      for: lasting(),
      code: oneOf(['sample_incomplete', 'unreachable'])
        .describe('Whether only samples fail, or every call. Default sample_incomplete.')
        .exactOptional(),
    })
      .transform(({ for: ms, ...rest }) => ({ ms, ...rest }))
      .describe('Nothing can be seen for a while.'),
    stop_controller: block({ for: lasting() })
      .transform(({ for: ms }) => ({ ms }))
      .describe('Nobody leads the cluster for a while.'),
  }
}

function dir() {
  return { node: nodeId().describe('Broker id.'), dir: text('a path').describe('Its dir: `/disk0` and so on.') }
}

function target({ node, dir }: { node: number; dir: string }) {
  return { node, path: dir }
}

function lasting() {
  return duration(1, dayMs).describe('How long.')
}
