/** Pinot's REST interface, as a test uses it: plain, and independent of the product's client. */

export interface Answer {
  status: number
  /** Parsed if it is JSON, else the text. */
  body: unknown
}

/** As whom to ask, by basic authentication. */
export interface Login {
  username: string
  password: string
}

export const authorizationOf = ({ username, password }: Login): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** A URL that may name a user and his password, as fetch wants it. */
function parted(url: string): { url: string; headers: Record<string, string> } {
  const parsed = new URL(url)
  const { username } = parsed
  if (username === '') return { url, headers: {} }
  const password = decodeURIComponent(parsed.password)
  parsed.username = ''
  parsed.password = ''
  return { url: parsed.href, headers: { authorization: authorizationOf({ username, password }) } }
}

/**
 * One request, whatever comes of it.
 * @throws Error when there is no answer within `timeoutMs`, 60 s unless given
 */
export async function request(
  method: string,
  url: string,
  { body, timeoutMs = 60_000 }: { body?: unknown; timeoutMs?: number } = {},
): Promise<Answer> {
  const { url: plain, headers } = parted(url)
  const response = await fetch(plain, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: parsed(text) }
}

/** @throws Error when the answer is not a 200 */
export async function must<T = unknown>(
  method: string,
  url: string,
  options: { body?: unknown; timeoutMs?: number } = {},
): Promise<T> {
  const { status, body } = await request(method, url, options)
  if (status !== 200) throw new Error(`${method} ${url}: ${status} ${JSON.stringify(body)}`)
  return body as T
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
