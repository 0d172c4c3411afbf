import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { admin, controller } from './scripted-pinot.ts'
import { cli, config, file, freePort } from './support.ts'

function kafka(name: string, cluster: object, more: object = {}): string {
  const clusters = [
    { name: 'orders', system: 'kafka', bootstrap_servers: ['kafka-0:9092', 'kafka-1:9092'], ...cluster },
  ]
  return file(name, stringify({ version: 1, clusters, balancing: { mode: 'continuous' }, ...more }))
}
const user = (username: string) => ({ sasl: { mechanism: 'PLAIN', username, password: 'hunter2' } })
const head = 'kafka-acls.sh --bootstrap-server kafka-0:9092,kafka-1:9092 --command-config admin.properties --add'

describe('permissions', () => {
  test('are commands for the user of the config: to look, and to act', async () => {
    const { code, out, err } = await cli('permissions', '--config', kafka('p.yaml', user('alice')))
    expect([code, err]).toEqual([0, ''])
    const commands = out.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    expect(commands).toEqual([
      `${head} --allow-principal User:alice --operation Describe --operation DescribeConfigs --cluster`,
      `${head} --allow-principal User:alice --operation Describe --operation DescribeConfigs --topic '*'`,
      `${head} --allow-principal User:alice --operation Alter --operation AlterConfigs --cluster`,
      `${head} --allow-principal User:alice --operation Describe --operation AlterConfigs --topic '*'`,
    ])
    expect(out).toContain('# orders: mode continuous needs the set "act"')
    expect(out).toContain('# ALTER on the cluster is close to root')
    expect(out).not.toContain('hunter2')
  })

  test.each([
    [
      'dry_run',
      { balancing: { mode: 'continuous', dry_run: true } },
      'mode continuous with dry_run needs the set "observe"',
    ],
    ['mode off', { balancing: { mode: 'off' } }, 'mode off needs the set "observe"'],
    ['no throttle', { throttle: { rate_per_node: null } }, 'mode continuous needs the set "act_unthrottled"'],
  ])('are fewer with %s', async (_, more, text) => {
    const { out } = await cli('permissions', '--config', kafka('p.yaml', user('alice'), more))
    expect(out).toContain(text)
    expect(out.includes('AlterConfigs')).toBe(!text.includes('unthrottled'))
  })

  test.each([
    ["o'neill", `'User:o'\\''neill'`],
    ['with space', `'User:with space'`],
  ])('quote the name %s', async (name, quoted) => {
    const { out } = await cli('permissions', '--config', kafka('p.yaml', user(name)))
    expect(out).toContain(`--allow-principal ${quoted} `)
  })

  test('have a placeholder where the config names nobody', async () => {
    const { out } = await cli('permissions', '--config', kafka('p.yaml', {}))
    expect(out).toContain('--allow-principal User:NAME ')
  })

  test('come as a table and as JSON, with the warning', async () => {
    const { out } = await cli('permissions', '--config', kafka('p.yaml', user('alice')), '-o', 'table')
    expect(out).toMatch(/^CLUSTER DESCRIBE +yes +implied +log dirs/m)
    expect(out).toMatch(/^CLUSTER ALTER +- +yes +moving/m)
    expect(out).toContain('close to root')
    const json = await cli('permissions', '--config', kafka('p.yaml', user('alice')), '-o', 'json')
    expect(JSON.parse(json.out)).toMatchObject({
      cluster: 'orders',
      principal: 'User:alice',
      needed: 'act',
      warning: expect.stringContaining('close to root'),
    })
  })

  test('are none for what is simulated, and cannot be probed where nobody answers', async () => {
    const simulated = await cli('permissions', '--config', config('p.yaml'))
    expect([simulated.code, simulated.err]).toEqual([2, 'evenkeel: demo is simulated: it needs no permissions\n'])
    const port = await freePort()
    const unreachable = config('q.yaml', { bootstrap: `127.0.0.1:${port}` })
    const { code, out, err } = await cli('permissions', '--config', unreachable, '--probe')
    expect([code, out]).toEqual([5, ''])
    expect(err).toContain(`127.0.0.1:${port}`)
  })
})

describe('permissions of a Pinot cluster', () => {
  const pinot = (cluster: object, mode = 'continuous') => {
    const clusters = [{ name: 'analytics', system: 'pinot', controller_urls: ['http://pinot:9000'], ...cluster }]
    return file('p.yaml', stringify({ version: 1, clusters, balancing: { mode } }))
  }
  const alice = { auth: { username: 'alice', password: 'hunter2' } }
  const principal = 'controller.admin.access.control.principals.alice'

  test('are lines for its controllers', async () => {
    const { code, out, err } = await cli('permissions', '--config', pinot(alice))
    expect([code, err]).toEqual([0, ''])
    expect(out.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      `${principal}.permissions=READ`,
      `${principal}.permissions=READ,UPDATE`,
    ])
    expect(out).toContain('# analytics: mode continuous needs the set "act"')
    expect(out).toContain("# Pinot's own basic authentication lets every user")
    expect(out).not.toContain('hunter2')
    const looking = await cli('permissions', '--config', pinot(alice, 'off'))
    expect(looking.out).toContain('# analytics: mode off needs the set "observe"')
    const token = await cli('permissions', '--config', pinot({ auth: { token: 'hunter2' } }))
    expect(token.out).toContain('# the config has a token, which that access control does not know')
    expect(token.out).toContain('principals.NAME.permissions=READ\n')
  })

  test('name what is in ZooKeeper only where that is asked itself', async () => {
    const direct = await cli('permissions', '-c', pinot({ ...alice, zookeeper: { connect: 'zk:2181' } }), '-o', 'table')
    expect(direct.out).toMatch(/^ZOOKEEPER READ +yes +yes +tables, segments/m)
    expect(direct.out).toMatch(/^ZOOKEEPER WRITE +- +yes +ideal states/m)
    expect(direct.out).toMatch(/^CLUSTER UPDATE +- +yes +tags of servers that are drained$/m)
    const through = await cli('permissions', '-c', pinot(alice), '-o', 'table')
    expect(through.out).not.toContain('ZOOKEEPER')
    expect(through.out).toMatch(/^CLUSTER READ +yes +yes +name of the cluster and version, and everything that is in/m)
    expect(through.out).toMatch(/^CLUSTER UPDATE +- +yes +tags of servers that are drained, and ideal states/m)
    const json = await cli('permissions', '-c', pinot(alice), '-o', 'json')
    expect(JSON.parse(json.out)).toMatchObject({
      principal: 'alice',
      needed: 'act',
      sets: { observe: [{ on: 'cluster', access: 'READ' }], act: [{}, { on: 'tables', access: 'UPDATE' }, {}] },
    })
  })

  test('are found out of the controller', async () => {
    const script = (readOnly: boolean) => ({
      readOnly,
      fill: (cluster: { setTable(name: string, wanted: Record<string, string>): void }) =>
        cluster.setTable('orders_OFFLINE', { a: 's0' }),
    })
    const probe = async (readOnly: boolean, mode?: string, ...more: string[]) => {
      const url = await controller([await admin()], script(readOnly))
      return cli('permissions', '--config', pinot({ controller_urls: [url] }, mode), '--probe', ...more)
    }
    const all = await probe(false)
    expect([all.code, all.err]).toEqual([0, ''])
    expect(all.out).toMatch(/^TABLE UPDATE +- +yes +granted +dry runs/m)
    const few = await probe(true, 'continuous', '-o', 'pinot-properties')
    expect(few.code).toBe(4)
    expect(few.err).toBe(
      'analytics: TABLE UPDATE is missing: rebalances of 1 of 1 tables are refused with 403 (orders)\n' +
        'analytics: CLUSTER UPDATE is missing: a change of tags is refused with 403\n',
    )
    // Who only looks needs no more.
    expect((await probe(true, 'off')).code).toBe(0)
  })

  test('are not in the words of another system, and cannot be probed where nobody answers', async () => {
    const wrong = await cli('permissions', '--config', pinot(alice), '-o', 'kafka-acls')
    const text = 'evenkeel: kafka-acls is not for a cluster of pinot: use pinot-properties\n'
    expect([wrong.code, wrong.err]).toEqual([2, text])
    const gone = `http://127.0.0.1:${await freePort()}`
    const { code, out, err } = await cli('permissions', '-c', pinot({ controller_urls: [gone] }), '--probe')
    expect([code, out]).toEqual([5, ''])
    expect(err).toContain(gone)
  })
})
