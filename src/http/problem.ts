/** Why a request is not answered: a problem document (RFC 9457) with a code that does not change. */
export class Problem extends Error {
  readonly status: number
  readonly code: ProblemCode
  /** One sentence for people. */
  readonly detail: string

  constructor(code: ProblemCode, detail: string) {
    super(detail)
    this.status = problems[code].status
    this.code = code
    this.detail = detail
  }

  toJSON() {
    return {
      type: 'about:blank',
      title: problems[this.code].title,
      status: this.status,
      detail: this.detail,
      code: this.code,
    }
  }
}

const problems = {
  bad_request: { status: 400, title: 'Bad request' },
  bad_query: { status: 400, title: 'Bad query' },
  host_not_allowed: { status: 403, title: 'Host not allowed' },
  not_found: { status: 404, title: 'Not found' },
  unknown_cluster: { status: 404, title: 'Unknown cluster' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  internal: { status: 500, title: 'Internal error' },
  not_sampled_yet: { status: 503, title: 'Not sampled yet' },
} as const
type ProblemCode = keyof typeof problems
