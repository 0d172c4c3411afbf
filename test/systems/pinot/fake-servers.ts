/** What the admin interfaces of servers answer. */
import { EvenkeelError } from '../../../src/lib/errors.ts'
import type { AdminGet } from '../../../src/systems/pinot/read/servers.ts'

export function fakeServers() {
  const held = new Map<string, Promise<void>>()
  const fake = {
    /** Host → size of its segments by `table/segment`. */
    sizes: {} as Record<string, Record<string, number>>,
    disks: {} as Record<string, { total: number; used: number }>,
    /** Hosts that do not answer. */
    silent: new Set<string>(),
    /** Paths, with their hosts, for which something else is answered. */
    answers: new Map<string, string | EvenkeelError>(),
    asked: [] as string[],
    /** Lets an answer wait until what is returned is called. */
    hold(at: string): () => void {
      let release = () => undefined as void
      held.set(at, new Promise((resolve) => (release = resolve)))
      return () => release()
    },
    get: (async (url) => {
      const { hostname, pathname } = new URL(url)
      const at = `${hostname}${pathname}`
      fake.asked.push(at)
      await held.get(at)
      if (fake.silent.has(hostname)) throw new EvenkeelError('timeout', `GET ${url} did not answer`)
      const other = fake.answers.get(at)
      if (other instanceof EvenkeelError) throw other
      if (other !== undefined) return Buffer.from(other)
      if (pathname === '/instance/diskUtilization') {
        const { total, used } = fake.disks[hostname] ?? { total: 1000, used: 500 }
        return json({ path: '/data', totalSpaceBytes: total, usedSpaceBytes: used })
      }
      const table = pathname.split('/')[2]!
      const segments = Object.entries(fake.sizes[hostname] ?? {})
        .filter(([name]) => name.startsWith(`${table}/`))
        .map(([name, bytes]) => ({ segmentName: name.slice(table.length + 1), diskSizeInBytes: bytes }))
      return json({ tableName: table, segments })
    }) as AdminGet,
  }
  return fake
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
