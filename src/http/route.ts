/** A route of the control listener: what it takes, what it answers, who may ask, and how it is answered. */
import type { z } from 'zod'
import type { NodeId } from '../cluster/state.ts'
import type { DaemonControl, DaemonExplanations, DaemonView } from '../daemon/view.ts'
import type { Clock } from '../lib/clock.ts'
import type { Role } from './auth.ts'
import { problemOf } from './problem.ts'

/** Something that was asked for and done. */
export interface Action {
  /** Its route. */
  action: string
  cluster: string
  /** Who asked for it. */
  by: string
  node?: NodeId
  tables?: string[]
  subjects?: string[]
  reason?: string
  /** How long a pause lasts; absent: until it is ended. */
  forMs?: number
}

/** What routes answer from. */
export interface RouteParts {
  view: DaemonView
  control: DaemonControl
  explanations: DaemonExplanations
  clock: Clock
  /** Told of every action that took place. */
  onAction: (action: Action) => void
  /** Why the config as it is on disk is not in force; undefined while it is. */
  configRefused: () => string | undefined
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
  answer: z.ZodType
  /** @throws Problem @param caller who asks, as the log names him. */
  respond: (fields: unknown, parts: RouteParts, caller: string) => Promise<unknown>
}

interface Spec<Fields extends z.ZodObject, Answer extends z.ZodType> {
  summary: string
  fields: Fields
  answer: Answer
  respond: (fields: z.output<Fields>, parts: RouteParts, caller: string) => z.output<Answer> | Promise<z.output<Answer>>
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
    respond: async (fields: unknown, parts: RouteParts, caller: string) => {
      try {
        return await respond(fields as z.output<Fields>, parts, caller)
      } catch (error) {
        throw problemOf(error)
      }
    },
  }
}
