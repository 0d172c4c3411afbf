/** What happens in the daemon beside its loops: what people ask of it, and what becomes of its config. Observers subscribe. */
import type { NodeId } from './state.ts'

/** What may be asked of a cluster: the routes of the API by their last name. */
export const clusterActions = [
  'drain',
  'undrain',
  'pause',
  'resume',
  'rebalance',
  'approve',
  'move',
  'transfer-leadership',
  'cancel',
] as const

/** And of the daemon. */
export const operatorActions = [...clusterActions, 'reload'] as const
export type OperatorActionName = (typeof operatorActions)[number]

/** From where it was asked: `cli` and `ui` are the program's own clients of the API, as they say themselves. */
export const actionSources = ['api', 'cli', 'ui', 'signal'] as const
export type ActionSource = (typeof actionSources)[number]

/** Who asked. */
export interface Asker {
  /** The name of his token; `local` where none is needed. */
  by: string
  /** Of the token. */
  role?: string
  source: ActionSource
}

/** Something that was asked for and done. */
export interface OperatorAction extends Asker {
  action: OperatorActionName
  /** Absent: of all of them. */
  cluster?: string
  node?: NodeId
  tables?: string[]
  subjects?: string[]
  reason?: string
  /** How long a pause lasts; absent: until it is ended. */
  forMs?: number
}

/** A key of the config that says something else than before. */
export interface ConfigChange {
  /** Whose setting it is; absent: of the process. */
  cluster?: string
  /** `balancing.mode`; empty for a cluster as a whole. */
  key: string
  /** In the words of a file, secrets redacted. */
  before: string
  after: string
  effect: 'live' | 'reconnects' | 'restart'
}

export type ProcessEvent = { atMs: number } & (
  | ({ type: 'operator_action' } & OperatorAction)
  /** The file was read anew and is good. */
  | { type: 'config_applied'; changes: readonly ConfigChange[] }
  /** It is wrong: what was in force stays so. Each problem is one line without any value. */
  | { type: 'config_refused'; problems: readonly string[] }
)
