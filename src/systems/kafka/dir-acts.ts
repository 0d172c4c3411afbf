/**
 * Moves of a replica between the dirs of its broker. Only that broker knows of them: it is asked where the replica lies, it is
 * told to move it, and where the replica lies then tells what became of the move.
 *
 * A broker that accepts has begun. Asked for another dir meanwhile it drops the copy and starts anew; asked for the dir in
 * which the replica lies it drops the copy, which is how a move is taken back.
 */
import { type PartitionMove, partitionName, type ReplicaMove } from '../../cluster/move.ts'
import type { PartitionId } from '../../cluster/state.ts'
import { EvenkeelError, messageOf } from '../../lib/errors.ts'
import { groupBy } from '../../lib/group-by.ts'
import type { Outcome, PartitionStep, StepResult } from '../port.ts'
import { codesOf, dirResultOf, no, notAnswered } from './answers.ts'
import type { DirMoves } from './dir-moves.ts'
import type { Readings } from './readings.ts'
import type { KafkaTransport } from './router.ts'
import { alterReplicaLogDirs } from './wire/alter-replica-log-dirs.ts'
import type { LogDir } from './wire/describe-log-dirs.ts'
import type { MetadataPartition } from './wire/metadata.ts'

/** No controller is asked: the broker answers at once or not at all. */
const ACT_MS = 15_000

export type DirMove = ReplicaMove & { toDir: string }
export type Relocation = PartitionStep & { kind: 'relocate'; dir: NonNullable<PartitionStep['dir']> }

export function isRelocation(step: PartitionStep): step is Relocation {
  return step.kind === 'relocate' && step.dir !== undefined
}

/** The dirs of some brokers, with nothing but the partitions asked for; the reason where one did not answer. */
export type DirAnswers = Map<number, LogDir[] | Error>

export class DirActs {
  readonly #readings: Readings
  readonly #transport: KafkaTransport
  readonly #known: DirMoves

  constructor(readings: Readings, transport: KafkaTransport, known: DirMoves) {
    this.#readings = readings
    this.#transport = transport
    this.#known = known
  }

  /** @param live brokers that can be asked. */
  async look(
    wanted: { node: number; topic: string; partition: PartitionId }[],
    live: ReadonlySet<number>,
    signal: AbortSignal,
  ): Promise<DirAnswers> {
    const answers: DirAnswers = new Map()
    await Promise.all(
      [...groupBy(wanted, ({ node }) => node)].map(async ([node, group]) => {
        const ask = live.has(node)
          ? this.#readings.logDirs(node, topicsOf(group), signal)
          : Promise.reject(new EvenkeelError('unreachable', `node ${node} is not alive`))
        answers.set(node, await ask.catch((error: unknown) => new Error(messageOf(error))))
      }),
    )
    return answers
  }

  /** What was begun, or may have been, is followed from now on. */
  async perform(steps: Relocation[], signal: AbortSignal): Promise<Map<PartitionStep, StepResult>> {
    const results = await this.#ask(steps, signal)
    for (const step of steps) {
      const { outcome } = results.get(step)!
      if (outcome === 'refused') continue
      const { topic, dir, replicas } = step
      this.#known.begin(dir.node as number, {
        topic,
        partition: step.partition as number,
        dir: dir.path,
        replicas: replicas as number[],
        sure: outcome === 'accepted',
      })
    }
    return results
  }

  /**
   * Takes back copies that are on their way just as we asked.
   * @param found what the brokers show of them.
   */
  async cancel(moves: DirMove[], found: DirAnswers, signal: AbortSignal): Promise<Map<PartitionMove, StepResult>> {
    const results = new Map<PartitionMove, StepResult>()
    const open: { move: DirMove; back: Relocation }[] = []
    for (const move of moves) {
      const dirs = found.get(move.to as number)
      const place = Array.isArray(dirs) ? placeOf(dirs, move) : undefined
      const [lies] = place?.dirs ?? []
      if (!place) results.set(move, no('not_sent', `node ${move.to} does not tell where its replicas lie`))
      else if (lies === undefined || place.copy?.dir !== move.toDir) {
        results.set(move, no('replicas_changed', 'it is not in flight as we submitted it'))
      } else open.push({ move, back: relocation(move, lies) })
    }
    const backs = open.map(({ back }) => back)
    const answers = await this.#ask(backs, signal)
    const undone = await this.#dropBeginnings(open, signal)
    for (const { move, back } of open) {
      const landed = undone.has(back) && no('replicas_changed', 'it had landed before it could be taken back')
      results.set(move, landed || answers.get(back)!)
    }
    return results
  }

  /** A copy that landed just before it was taken back has thereby been sent back: that new copy is dropped at once. */
  async #dropBeginnings(open: { move: DirMove; back: Relocation }[], signal: AbortSignal): Promise<Set<Relocation>> {
    const wanted = open.map(({ move: { topic, partition, to } }) => ({ node: to as number, topic, partition }))
    const found = await this.look(wanted, new Set(wanted.map(({ node }) => node)), signal)
    const landed = open.filter(({ move, back }) => {
      const dirs = found.get(move.to as number)
      const place = Array.isArray(dirs) ? placeOf(dirs, move) : undefined
      return place?.dirs.includes(move.toDir) && place.copy?.dir === back.dir.path
    })
    await this.#ask(
      landed.map(({ move }) => relocation(move, move.toDir)),
      signal,
    )
    return new Set(landed.map(({ back }) => back))
  }

  /** One request a broker. */
  async #ask(steps: Relocation[], signal: AbortSignal): Promise<Map<PartitionStep, StepResult>> {
    const groups = [...groupBy(steps, ({ dir }) => dir.node as number)]
    const results = await Promise.all(groups.map(([node, group]) => this.#askBroker(node, group, signal)))
    return new Map(results.flat())
  }

  async #askBroker(node: number, steps: Relocation[], signal: AbortSignal): Promise<[PartitionStep, StepResult][]> {
    const dirs = [...groupBy(steps, ({ dir }) => dir.path)].map(([path, group]) => ({ path, topics: topicsOf(group) }))
    try {
      const { topics } = await this.#transport.send(node, alterReplicaLogDirs, { dirs }, { signal, timeoutMs: ACT_MS })
      const codes = codesOf(topics)
      return steps.map((step) => {
        const code = codes.get(partitionName(step))
        return [step, code === undefined ? { outcome: 'unknown', text: 'the answer leaves it out' } : dirResultOf(code)]
      })
    } catch (error) {
      return steps.map((step) => [step, notAnswered(error)])
    }
  }
}

/** What stands against a relocation beyond what Metadata tells; undefined when nothing does. */
export function dirRefusal(
  step: Relocation,
  partition: MetadataPartition,
  answers: DirAnswers,
): StepResult | undefined {
  const { node, path } = step.dir
  const name = partitionName(step)
  const dirs = answers.get(node as number)
  if (!Array.isArray(dirs)) return no('not_sent', `node ${node} does not tell its dirs: ${dirs?.message}`)
  const target = dirs.find((dir) => dir.path === path)
  if (!target) return no('dir_unusable', `node ${node} has no dir ${path}`)
  if (target.errorCode !== 0) return no('dir_unusable', `${path} of node ${node} is offline`)
  if (target.isCordoned) return no('dir_unusable', `${path} of node ${node} is cordoned`)
  const place = placeOf(dirs, step)
  if (place.dirs.length === 0) {
    return partition.offlineReplicas.includes(node as number)
      ? no('dir_unusable', `the dir of node ${node} in which ${name} lies is offline`)
      : no('replicas_changed', `node ${node} lists no replica of ${name}`)
  }
  if (place.copy && place.copy.dir !== path) {
    return no('already_moving', `${name} is on its way to ${place.copy.dir} of node ${node}`)
  }
  return undefined
}

export function judgeDirMove(
  move: DirMove,
  partition: MetadataPartition,
  live: ReadonlySet<number>,
  answers: DirAnswers,
): Outcome {
  const node = move.to as number
  if (!partition.replicas.includes(node)) {
    return { outcome: 'superseded', text: `it is on ${partition.replicas.join(', ')} now` }
  }
  // A copy outlives the end of its broker, even a sudden one.
  if (!live.has(node)) return { outcome: 'partial', text: `node ${node} is gone, the copy goes on when it is back` }
  const dirs = answers.get(node)
  if (!Array.isArray(dirs)) return { outcome: 'unknown', text: dirs?.message ?? `node ${node} was not asked` }
  const { dirs: lies, bytes, copy } = placeOf(dirs, move)
  if (lies.length === 0) {
    if (!partition.offlineReplicas.includes(node)) {
      return { outcome: 'unknown', text: `node ${node} lists no replica of it` }
    }
    // The broker goes on listing a copy whose source has failed, but nothing is added to it any more.
    return { outcome: 'superseded', text: 'the dir in which the replica lay has failed' }
  }
  if (copy?.dir === move.toDir) return { outcome: 'running', bytesDone: copy.bytes, bytesTotal: bytes }
  if (copy) return { outcome: 'superseded', text: `somebody else is moving it to ${copy.dir}` }
  if (lies.includes(move.toDir)) return { outcome: 'landed' }
  if (move.fromDir === undefined || lies.includes(move.fromDir)) return { outcome: 'reverted' }
  return { outcome: 'superseded', text: `it lies in ${lies.join(', ')} now` }
}

interface Place {
  /** Where the replica lies; at the instant in which a copy takes its place it is listed in both. */
  dirs: string[]
  bytes: number
  copy: { dir: string; bytes: number } | undefined
}

function placeOf(dirs: LogDir[], { topic, partition }: Pick<PartitionStep, 'topic' | 'partition'>): Place {
  const place: Place = { dirs: [], bytes: 0, copy: undefined }
  for (const { path, topics } of dirs) {
    const found = topics.find(({ name }) => name === topic)?.partitions.find((p) => p.partition === partition)
    if (found?.isFutureKey) place.copy = { dir: path, bytes: found.sizeBytes }
    else if (found) {
      place.dirs.push(path)
      place.bytes = Math.max(place.bytes, found.sizeBytes)
    }
  }
  return place
}

function topicsOf(
  partitions: readonly { topic: string; partition: PartitionId }[],
): { name: string; partitions: number[] }[] {
  return [...groupBy(partitions, ({ topic }) => topic)].map(([name, group]) => ({
    name,
    partitions: group.map(({ partition }) => partition as number),
  }))
}

function relocation({ topic, partition, replicas, to }: DirMove, path: string): Relocation {
  return { kind: 'relocate', topic, partition, expect: replicas, replicas, adds: [], dir: { node: to, path } }
}
