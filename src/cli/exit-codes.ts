/** How the process ends: the same codes for every command. */
import { codeOf, type ErrorCode } from '../lib/errors.ts'

export const exitCodes = {
  done: 0,
  failure: 1,
  usage: 2,
  needsAttention: 3,
  notPermitted: 4,
  unreachable: 5,
  badConfig: 78,
} as const

const byError: Partial<Record<ErrorCode, number>> = {
  usage: exitCodes.usage,
  not_found: exitCodes.usage,
  bad_config: exitCodes.badConfig,
  auth: exitCodes.notPermitted,
  not_permitted: exitCodes.notPermitted,
  unreachable: exitCodes.unreachable,
  timeout: exitCodes.unreachable,
  protocol: exitCodes.unreachable,
}

export function exitCodeOf(error: unknown): number {
  return byError[codeOf(error)] ?? exitCodes.failure
}
