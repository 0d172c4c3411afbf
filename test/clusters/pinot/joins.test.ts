/** The daemon beside a real cluster: a server joins, one loses its tag, one is to be emptied. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Evenkeel } from '../acceptance/evenkeel.ts'
import { guardLeaks } from '../leaks.ts'
import { answered, atRest, inGroups, lowestDuring, replicaGroups, startBeside } from './beside.ts'
import type { PinotCluster } from './cluster.ts'
import { must } from './rest.ts'
import { startPinot } from './start.ts'
import { counts, createTable, idealState, updateTags, uploadSegments } from './tables.ts'

guardLeaks()

const KiB = 1024
const tables = ['orders_OFFLINE', 'grouped_OFFLINE']
const bothTags = ['DefaultTenant_OFFLINE', 'DefaultTenant_REALTIME']

describe('three servers, a table that goes by its tag and one in replica groups', () => {
  let cluster: PinotCluster
  let daemon: Evenkeel

  beforeAll(async () => {
    cluster = await startPinot({ servers: [{ tmpfsMiB: 128 }, { tmpfsMiB: 128 }, { tmpfsMiB: 128 }] })
    await createTable(cluster, { name: 'orders', replication: 2 })
    await createTable(cluster, {
      name: 'grouped',
      replication: 2,
      config: { instanceAssignmentConfigMap: inGroups(2, 0) },
    })
    await uploadSegments(
      cluster,
      'orders',
      Array.from({ length: 60 }, () => 200 * KiB),
    )
    await uploadSegments(
      cluster,
      'grouped',
      Array.from({ length: 20 }, () => 100 * KiB),
    )
    daemon = await startBeside(cluster)
    await atRest(daemon)
  })
  afterAll(async () => {
    await daemon?.stop()
    await cluster?.close()
  })

  const servers = () => cluster.servers.map((server) => server.name)
  const placed = async (table = 'orders_OFFLINE') => counts(await idealState(cluster, table), servers())
  const tagsOf = async (name: string) =>
    (await must<{ tags: string[] }>('GET', `${cluster.controllerUrl}/instances/${name}`)).tags

  test('a server joins: both are rebalanced as Pinot does it, and what is left uneven is told', async () => {
    const least = await lowestDuring(cluster, tables, async () => {
      await answered(daemon, 'a server that joins', () => cluster.addServer({ tmpfsMiB: 128 }))
    })
    // What has begun is over with the tick that finds nothing more to do: it is told then.
    const verdicts = (await daemon.decisions()).map(({ verdict }) => verdict)
    const text = expect.stringMatching(/holds .* of its fair share/)
    expect(verdicts).toContainEqual({ act: false, code: 'as_assigned', text })
    expect(least).toBeGreaterThanOrEqual(1)
    expect(await placed()).toEqual([35, 35, 35, 15])
    // Two groups of two, each with every segment once.
    expect(await placed('grouped_OFFLINE')).toEqual([10, 10, 10, 10])
    expect((await replicaGroups(cluster, 'grouped')).flat().toSorted()).toEqual(servers())
    expect((await daemon.moves('ended')).map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'table done',
      'table done',
    ])
  })

  test('a server loses its tag: it is emptied', async () => {
    const [first] = servers()
    const least = await lowestDuring(cluster, tables, () =>
      answered(daemon, 'a tag taken away', () => updateTags(cluster, first!, ['server_untagged'])),
    )
    expect(least).toBeGreaterThanOrEqual(1)
    expect([(await placed())[0], (await placed('grouped_OFFLINE'))[0]]).toEqual([0, 0])
    await answered(daemon, 'the tag given back', () => updateTags(cluster, first!, bothTags))
    expect((await placed())[0]).toBeGreaterThan(0)
  })

  test('drain: untagged, emptied, safe to stop; a restart leaves it so; undrain gives the tags back', async () => {
    const name = servers()[1]!
    const before = await tagsOf(name)
    const least = await lowestDuring(cluster, tables, async () => {
      expect(await daemon.command('drain', name, '--wait')).toMatch(/safe to stop/)
    })
    expect(least).toBeGreaterThanOrEqual(1)
    expect([(await placed())[1], (await placed('grouped_OFFLINE'))[1]]).toEqual([0, 0])
    expect(await tagsOf(name)).toEqual(['server_untagged'])
    await daemon.kill()
    await daemon.restart()
    await atRest(daemon)
    expect([(await placed())[1], await tagsOf(name)]).toEqual([0, ['server_untagged']])
    await answered(daemon, 'undrain', () => daemon.command('undrain', name))
    expect(await tagsOf(name)).toEqual(before)
    expect((await placed())[1]).toBeGreaterThan(0)
  })
})
