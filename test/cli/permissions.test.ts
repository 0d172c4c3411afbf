import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
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
