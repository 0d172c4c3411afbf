import { codeOf, type ErrorCode, messageOf } from '../lib/errors.ts'

/** Why a request is not answered: a problem document (RFC 9457) with a code that does not change. */
export class Problem extends Error {
  readonly status: number
  readonly code: ProblemCode
  /** One sentence for people. */
  readonly detail: string
  /** What is wrong with a config, each with its place; absent for anything else. */
  readonly problems: readonly Placed[] | undefined

  constructor(code: ProblemCode, detail: string, placed?: readonly Placed[]) {
    super(detail)
    this.status = problems[code].status
    this.code = code
    this.detail = detail
    this.problems = placed
  }

  toJSON() {
    return {
      type: 'about:blank',
      title: problems[this.code].title,
      status: this.status,
      detail: this.detail,
      code: this.code,
      ...(this.problems && { problems: this.problems }),
    }
  }
}

interface Placed {
  file: string
  /** From 1, as is the column. */
  line: number
  column: number
  /** `clusters[0].system`; empty for the file as a whole. */
  key: string
  message: string
}

const problems = {
  bad_request: { status: 400, title: 'Bad request' },
  bad_body: { status: 400, title: 'Bad body' },
  bad_query: { status: 400, title: 'Bad query' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  forbidden: { status: 403, title: 'Forbidden' },
  host_not_allowed: { status: 403, title: 'Host not allowed' },
  origin_not_allowed: { status: 403, title: 'Origin not allowed' },
  not_found: { status: 404, title: 'Not found' },
  unknown_cluster: { status: 404, title: 'Unknown cluster' },
  unknown_table: { status: 404, title: 'Unknown table' },
  unknown_partition: { status: 404, title: 'Unknown partition' },
  unknown_decision: { status: 404, title: 'Unknown decision' },
  unknown_node: { status: 404, title: 'Unknown node' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  not_possible: { status: 409, title: 'Not possible' },
  config_refused: { status: 409, title: 'Config refused' },
  too_large: { status: 413, title: 'Too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  internal: { status: 500, title: 'Internal error' },
  state_unavailable: { status: 503, title: 'State directory unavailable' },
  not_sampled_yet: { status: 503, title: 'Not sampled yet' },
  not_readable: { status: 503, title: 'Cluster not readable' },
} as const
export type ProblemCode = keyof typeof problems
export const problemCodes = Object.keys(problems) as ProblemCode[]

/** What the daemon refuses to do, as a problem; anything else as it is. */
export function problemOf(error: unknown): unknown {
  const code = byError[codeOf(error)]
  return code === undefined ? error : new Problem(code, messageOf(error))
}

const byError: Partial<Record<ErrorCode, ProblemCode>> = {
  usage: 'not_possible',
  not_found: 'unknown_partition',
  state_unavailable: 'state_unavailable',
  sample_incomplete: 'not_sampled_yet',
  unreachable: 'not_readable',
  timeout: 'not_readable',
  aborted: 'not_readable',
  auth: 'not_readable',
  not_permitted: 'not_readable',
  unsupported: 'not_readable',
  rejected: 'not_readable',
  protocol: 'not_readable',
}
