/** Two to whom a daemon sends notifications. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ReleaseStack } from '../../../src/lib/release-stack.ts'
import { freePort } from '../ports.ts'

/** Starts them, one that takes everything and one that refuses everything. @returns the key `notifications` of the config */
export async function receivers(open: ReleaseStack): Promise<object[]> {
  return [
    { name: 'glad', type: 'webhook', url: await receiver(200, open) },
    { name: 'annoyed', type: 'webhook', url: await receiver(403, open) },
  ]
}

/** Answers whatever it is told with this status. @returns its URL */
async function receiver(status: number, open: ReleaseStack): Promise<string> {
  const port = await freePort()
  const server = createServer((_, response) => response.writeHead(status).end())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  open.push('a receiver', () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${port}/`
}
