/**
 * Who may ask what of the control listener. A token is a line `ROLE TOKEN [NAME]` of a file; without such a file whoever can
 * reach the listener, which then is on a loopback address, may ask everything.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Asker } from '../cluster/process-events.ts'
import type { Secret } from '../lib/secret.ts'
import { Problem } from './problem.ts'

/** Each may do what those before it may. */
export const roles = ['viewer', 'operator'] as const
export type Role = (typeof roles)[number]

export interface Token {
  role: Role
  token: Secret
  /** Whose it is, for the log. */
  name: string
}

/** @param tokens undefined where nobody has to say who he is. @throws Problem */
export function authorize(
  tokens: readonly Token[] | undefined,
  header: string | undefined,
  role: Role,
): Pick<Asker, 'by' | 'role'> {
  if (tokens === undefined) return { by: 'local' }
  const given = /^Bearer +([^\s]+) *$/i.exec(header ?? '')?.[1]
  if (given === undefined) {
    throw new Problem('unauthorized', 'a token is needed: Authorization: Bearer TOKEN')
  }
  // All of them are compared, each in the same time: how long it takes tells nothing of any.
  const found = tokens.filter(({ token }) => equal(token.reveal(), given))[0]
  if (!found) throw new Problem('unauthorized', 'no one has this token')
  if (roles.indexOf(found.role) < roles.indexOf(role)) {
    throw new Problem('forbidden', `${found.name} is a ${found.role}, this takes an ${role}`)
  }
  return { by: found.name, role: found.role }
}

function equal(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
