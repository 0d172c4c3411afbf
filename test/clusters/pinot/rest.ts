/** Pinot's REST interface, as a test uses it: plain, and independent of the product's client. */

export interface Answer {
  status: number
  /** Parsed if it is JSON, else the text. */
  body: unknown
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
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
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
