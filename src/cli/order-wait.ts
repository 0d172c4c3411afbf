/** Waits until what was asked for by hand is done, given up or taken back, and says on the way how far it is. */
import type { NodeId } from '../cluster/state.ts'
import { orderName } from '../cluster/wish-texts.ts'
import type { MovesAnswer } from '../http/answers.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { formatBytes, formatDuration } from '../lib/units.ts'
import { askPatiently, POLL_MS, ProgressVoice, type WaitParts } from './patience.ts'
import { type ClusterStatus, standstillText } from './standstill.ts'
import type { Status } from './status.ts'

/** As the routes take it. */
export interface Asked {
  kind: 'replica' | 'leader'
  partition: string
  from?: NodeId
  to: NodeId
  from_dir?: string
  to_dir?: string
}

export interface Waited {
  answer: Status
  done: boolean
  /** What became of it. */
  text: string
}

/**
 * @param answer what the daemon said when it was asked for.
 * @throws EvenkeelError when nobody answers for long, or the wait is given up.
 */
export async function waitUntilMoved(asked: Asked, answer: Status, parts: WaitParts): Promise<Waited> {
  const { clock, signal } = parts
  const name = orderName(asked)
  const voice = new ProgressVoice(parts)
  for (;;) {
    const cluster = answer.clusters[0]!
    const order = orderIn(cluster, asked)
    const moves = await askPatiently<MovesAnswer>('moves', { cluster: cluster.name }, parts)
    if (!order) return { answer, ...endOf(asked, cluster, moves) }
    voice.tell(`${name}: ${progressText(order.state, asked, moves)}`)
    const why = order.state === 'running' ? undefined : standsStill(cluster, order.override === true)
    if (why !== undefined) return { answer, done: false, text: `${name}: not waiting any longer: ${why}` }
    await clock.sleep(POLL_MS, signal)
    if (signal.aborted) throw new EvenkeelError('aborted', 'the wait was given up; what was asked for stays so')
    answer = await askPatiently<Status>('status', { cluster: cluster.name }, parts)
  }
}

function orderIn({ orders = [] }: ClusterStatus, asked: Asked) {
  return orders.find(({ kind, partition, to }) => {
    return kind === asked.kind && partition === asked.partition && String(to) === String(asked.to)
  })
}

/** What does not go by itself; a pause that ends does. */
function standsStill({ mode, pause, ...cluster }: ClusterStatus, override: boolean): string | undefined {
  return standstillText({
    ...cluster,
    ...(mode !== undefined && !override && { mode }),
    ...(pause?.until === undefined && pause && { pause }),
  })
}

function endOf(asked: Asked, { placed = [] }: ClusterStatus, moves: MovesAnswer): { done: boolean; text: string } {
  const name = orderName(asked)
  const stays = placed.some(({ kind, partition, node }) => {
    return kind === asked.kind && partition === asked.partition && String(node) === String(asked.to)
  })
  if (stays) return { done: true, text: `${name}: done` }
  const last = ofPartition(asked, moves).find(({ state }) => !['planned', 'running'].includes(state))
  return { done: false, text: `${name}: ${last?.text ?? 'it was taken back'}` }
}

function progressText(state: 'waits' | 'planned' | 'running', asked: Asked, moves: MovesAnswer): string {
  const [move] = ofPartition(asked, moves)
  if (state === 'running' && move?.state === 'running' && move.bytes_total !== undefined) {
    const left = move.eta_seconds === undefined ? '' : `, about ${formatDuration(move.eta_seconds * 1000)} to go`
    return `${formatBytes(move.bytes_done ?? 0)} of ${formatBytes(move.bytes_total)} copied${left}`
  }
  const why = move?.state === 'failed' || move?.state === 'cancelled' ? `, after it ${move.state}: ${move.text}` : ''
  return `${{ waits: 'waits', planned: 'waits for its turn', running: 'under way' }[state]}${why}`
}

function ofPartition({ partition }: Asked, { moves }: MovesAnswer): MovesAnswer['moves'] {
  return moves.filter((move) => move.reason === 'manual' && `${move.topic}-${move.partition}` === partition)
}
