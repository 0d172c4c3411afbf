/** GET /api/v1/audit. */
import { describe, expect, it } from 'vitest'
import { readFields } from '../../src/http/fields.ts'
import type { AuditPages, RouteParts } from '../../src/http/route.ts'
import { routes } from '../../src/http/routes.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { MemoryTrail } from '../../src/observe/audit/memory-trail.ts'
import { noon } from '../observe/support.ts'
import { askRoute, unasked, unconfigured, unexplained } from './support.ts'

const view = { drains: [], statusSinceMs: noon, running: [], pending: [], ended: [] }
const parts = (audit: AuditPages): RouteParts => ({
  view: { clusters: () => [{ ...view, name: 'orders', status: 'ready' as const }] },
  control: unasked,
  explanations: unexplained,
  clock: new VirtualClock(noon),
  audit,
  onAction: () => undefined,
  config: unconfigured,
})

function trail(): MemoryTrail {
  const all = new MemoryTrail()
  for (let count = 0; count < 130; count += 1) {
    const cluster = count % 2 === 0 ? { cluster: 'orders' } : {}
    const what = { action: 'reload', object: 'config', why: String(count) } as const
    all.append({ atMs: noon + count * 1000, actor: 'ops', role: 'operator', source: 'ui', ...cluster, ...what })
  }
  return all
}
const ask = async (given: object, audit: AuditPages = trail()) =>
  (await askRoute('GET', 'audit', given, parts(audit))) as { records: { id: string; why: string }[]; next?: string }

describe('the audit trail', () => {
  it('is told newest first, a hundred at a time unless asked otherwise, page by page', async () => {
    const first = await ask({})
    expect(first.records.map(({ why }) => why)).toEqual(Array.from({ length: 100 }, (_, index) => String(129 - index)))
    const second = await ask({ before: first.next })
    expect(second.records.map(({ why }) => why)).toEqual(Array.from({ length: 30 }, (_, index) => String(29 - index)))
    expect(second).not.toHaveProperty('next')
    expect((await ask({ last: '3', cluster: 'orders' })).records.map(({ why }) => why)).toEqual(['128', '126', '124'])
    expect((await ask({ last: '1', before: '20260101T120100' })).records[0]!.why).toBe('59')
  })

  it.each([
    [{ cluster: 'clicks' }, 'unknown_cluster'],
    [{ before: 'yesterday' }, 'bad_query'],
    [{ before: '../../etc/passwd' }, 'bad_query'],
    [{ last: '501' }, 'bad_query'],
  ])('refuses %o', async (given, code) => {
    await expect(ask(given)).rejects.toMatchObject({ code })
  })

  it('that cannot be read is no bug', async () => {
    const broken = { page: () => Promise.reject(new Error('EIO')) }
    await expect(ask({}, broken)).rejects.toMatchObject({
      code: 'state_unavailable',
      detail: expect.stringContaining('EIO'),
    })
  })

  it('is for whoever may look', () => {
    const route = routes.find(({ path }) => path === '/api/v1/audit')!
    expect([route.method, route.role]).toEqual(['GET', 'viewer'])
    expect(readFields('query', route.fields, {})).toEqual({})
  })
})
