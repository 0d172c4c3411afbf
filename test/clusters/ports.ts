/** Free ports on the loopback address. */
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const given = new Set<number>()
/** Test processes that run side by side take odd ports or even ones: what one was given and has not bound yet, the other would find free. */
const side = Number(process.env['VITEST_POOL_ID'] ?? 0) % 2

/**
 * A free port that this process has not been given before. It lies below the range from which the system takes the ports of outgoing
 * connections: otherwise a client could take a broker's port while that broker is down, and keep it from coming back.
 * @throws Error when nothing is free
 */
export async function freePort(): Promise<number> {
  const end = firstOutgoingPort()
  for (let tries = 0; tries < 400; tries++) {
    const port = randomInt(Math.floor(end / 2), end)
    if (port % 2 === side && !given.has(port) && (await isFree(port))) {
      given.add(port)
      return port
    }
  }
  throw new Error(`no free port between ${Math.floor(end / 2)} and ${end}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

function firstOutgoingPort(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10)
  } catch {
    return 32_768
  }
}
