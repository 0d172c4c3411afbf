/**
 * Every error that evenkeel itself raises carries one code of this closed list.
 *
 * - `usage`: the command line or a request asks for something that cannot be.
 * - `not_found`: a request is about something that is not there.
 * - `bad_config`: a config file is wrong; the message names file, line and column.
 * - `bad_input`: a snapshot, request body or answer is malformed; the message names the place.
 * - `sample_incomplete`: a reading of a cluster lacks something; the message names what, and what would show it.
 * - `unreachable`: nothing answers at the address.
 * - `timeout`: an answer did not come before its deadline.
 * - `aborted`: the caller gave up.
 * - `auth`: credentials were refused.
 * - `not_permitted`: the identity lacks a permission; the message names it.
 * - `unsupported`: the other side does not speak a version that we do.
 * - `rejected`: the other side understood and said no.
 * - `protocol`: the other side answered nonsense.
 * - `state_unavailable`: what must survive the process cannot be kept or read; the message names the directory or the line.
 * - `internal`: a bug of ours.
 */
export type ErrorCode =
  | 'usage'
  | 'not_found'
  | 'bad_config'
  | 'bad_input'
  | 'sample_incomplete'
  | 'unreachable'
  | 'timeout'
  | 'aborted'
  | 'auth'
  | 'not_permitted'
  | 'unsupported'
  | 'rejected'
  | 'protocol'
  | 'state_unavailable'
  | 'internal'

export class EvenkeelError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'EvenkeelError'
    this.code = code
  }
}

/** The code of anything thrown: our own code, or `internal` for what is not ours. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof EvenkeelError ? error.code : 'internal'
}

/** One line of text for anything thrown, its causes appended. Never a stack. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `: ${messageOf(error.cause)}`
  return `${error.message}${cause}`
}
