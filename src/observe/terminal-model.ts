/** What the terminal view knows: the events so far, folded into one picture per cluster. */
import type { LoopEvent, LoopStatus, MoveProgress, TickReport } from '../cluster/events.ts'
import { eventSentence } from './sentences.ts'

export interface Picture {
  name: string
  status: LoopStatus
  /** Absent before the first complete tick. */
  report?: TickReport
  /** Why the last sample or tick failed; absent when it did not. */
  error?: string
  moves: MovePicture[]
  pending: number
  pendingBytes: number
  movedBytes: number
  /** Newest last. */
  recent: { atMs: number; text: string }[]
}

export interface MovePicture {
  progress: MoveProgress
  atMs: number
  /** Since the reading before; absent until there are two. */
  bytesPerSecond?: number
}

const RECENT = 6

/** Pictures by cluster name, in the order in which clusters were first heard of; changed in place. */
export function foldEvent(pictures: Map<string, Picture>, event: LoopEvent): void {
  const picture = pictures.get(event.cluster) ?? blank(event.cluster)
  pictures.set(event.cluster, picture)
  fold(picture, event)
  const text = isRoutine(event) ? undefined : eventSentence(event)
  if (text !== undefined) picture.recent = [...picture.recent, { atMs: event.atMs, text }].slice(-RECENT)
}

/** What belongs to every plan and every copy would push out what happened. */
function isRoutine(event: LoopEvent): boolean {
  if (event.type === 'candidates_rejected') return true
  return event.type === 'settings_changed' && event.left.length + event.failed.length === 0
}

function fold(picture: Picture, event: LoopEvent): void {
  if (event.type === 'tick') {
    picture.report = event.report
    picture.status = event.report.status
    delete picture.error
  } else if (event.type === 'sample_failed' || event.type === 'tick_failed') {
    picture.error = eventSentence(event)!
  } else if (event.type === 'status_changed') {
    picture.status = event.to
  } else if (event.type === 'progress') {
    picture.moves = event.moves.map((progress) => observed(picture, progress, event.atMs))
    picture.pending = event.pending
    picture.pendingBytes = event.pendingBytes
    picture.movedBytes = event.movedBytes
  } else if (event.type === 'move_started') {
    const others = picture.moves.filter(({ progress }) => progress.move.id !== event.progress.move.id)
    picture.moves = [...others, observed(picture, event.progress, event.atMs)]
  } else if (event.type === 'move_ended') {
    picture.moves = picture.moves.filter(({ progress }) => progress.move.id !== event.progress.move.id)
  }
}

function observed(picture: Picture, progress: MoveProgress, atMs: number): MovePicture {
  const before = picture.moves.find((known) => known.progress.move.id === progress.move.id)
  if (!before || before.atMs >= atMs) return before ? { ...before, progress } : { progress, atMs }
  const bytes = Math.max(0, progress.bytesDone - before.progress.bytesDone)
  return { progress, atMs, bytesPerSecond: (bytes * 1000) / (atMs - before.atMs) }
}

function blank(name: string): Picture {
  return { name, status: 'starting', moves: [], pending: 0, pendingBytes: 0, movedBytes: 0, recent: [] }
}
