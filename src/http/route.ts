/** A route of the control listener: what it takes, what it answers, who may ask, and how it is answered. */
import type { z } from 'zod'
import type { Asker, OperatorAction } from '../cluster/process-events.ts'
import type { DaemonControl, DaemonExplanations, DaemonView } from '../daemon/view.ts'
import type { Clock } from '../lib/clock.ts'
import type { AuditAnswer, ConfigAnswer, ReloadAnswer } from './answers.ts'
import type { Role } from './auth.ts'
import { problemOf } from './problem.ts'

/** The config that the daemon runs by. */
export interface DaemonConfig {
  /** What is in force, which is not always what the file says. */
  inForce(): ConfigAnswer
  /** Why the config as it is on disk is not in force; undefined while it is. */
  refusal(): string | undefined
  /** Reads the file anew and takes what may be taken. @throws Problem `config_refused` when it is wrong: nothing has changed then */
  reload(): ReloadAnswer['changes']
}

/** What was written down of all that was done. */
export interface AuditPages {
  /** Newest first. @param query `before`: an id, or the begin of one, which is a time */
  page(query: { cluster?: string; last: number; before?: string }): Promise<AuditAnswer>
}

/** What routes answer from. */
export interface RouteParts {
  view: DaemonView
  control: DaemonControl
  explanations: DaemonExplanations
  clock: Clock
  /** Told of every action that took place. */
  onAction: (action: OperatorAction) => void
  config: DaemonConfig
  audit: AuditPages
}

export interface Route {
  method: 'GET' | 'POST'
  /** With `{name}` for a part that is a field. */
  path: string
  /** The least that the caller must be. */
  role: Role
  /** Of a good answer. */
  status: 200 | 202
  /** One sentence. */
  summary: string
  /** Parameters of the address of a GET, fields of the body of a POST. */
  fields: z.ZodObject
  /** Of a POST: without a body nothing is said, which is enough. */
  bare?: true
  answer: z.ZodType
  /** It may take so long, in milliseconds; absent: it is answered at once. */
  patienceMs?: number
  /** @throws Problem @param caller who asks. */
  respond: (fields: unknown, parts: RouteParts, caller: Asker) => Promise<unknown>
}

interface Spec<Fields extends z.ZodObject, Answer extends z.ZodType>
  extends Pick<Route, 'summary' | 'bare' | 'patienceMs'> {
  /** Of a good answer, unless it is the usual one. */
  status?: Route['status']
  fields: Fields
  answer: Answer
  respond: (fields: z.output<Fields>, parts: RouteParts, caller: Asker) => z.output<Answer> | Promise<z.output<Answer>>
}

/** Something is told. */
export function get<Fields extends z.ZodObject, Answer extends z.ZodType>(
  path: string,
  spec: Spec<Fields, Answer>,
): Route {
  return { method: 'GET', path, role: 'viewer', status: 200, ...untyped(spec) }
}

/** Something is done. */
export function post<Fields extends z.ZodObject, Answer extends z.ZodType>(
  path: string,
  spec: Spec<Fields, Answer>,
): Route {
  return { method: 'POST', path, role: 'operator', status: 202, ...untyped(spec) }
}

/**
 * Routes of different fields in one table: what `respond` is given has been read by `fields`. What the daemon refuses is a problem,
 * whichever route asked it.
 */
function untyped<Fields extends z.ZodObject, Answer extends z.ZodType>({ respond, ...spec }: Spec<Fields, Answer>) {
  return {
    ...spec,
    respond: async (fields: unknown, parts: RouteParts, caller: Asker) => {
      try {
        return await respond(fields as z.output<Fields>, parts, caller)
      } catch (error) {
        throw problemOf(error)
      }
    },
  }
}
