import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-tokens-'))
const text = `version: 1
clusters: [{ name: a, system: kafka, bootstrap_servers: ["k:9092"] }]
balancing: { mode: "off" }
server: { control_listen: "0.0.0.0:9632", auth: { bearer_token_file: tokens } }
`
function tokensOf(content: string) {
  writeFileSync(join(folder, 'tokens'), content)
  return parseConfig(text, join(folder, 'c.yaml')).server.tokens
}

it('is a line for each', () => {
  const tokens = tokensOf(
    '# who may\n\nviewer 0123456789abcdef board\n  operator fedcba9876543210\r\noperator another-long-token ops',
  )
  expect(tokens?.map(({ role, token, name }) => [role, token.reveal(), name])).toEqual([
    ['viewer', '0123456789abcdef', 'board'],
    ['operator', 'fedcba9876543210', 'operator of line 4'],
    ['operator', 'another-long-token', 'ops'],
  ])
})

it.each([
  ['', 'the file holds no token: a line is ROLE TOKEN [NAME]'],
  ['# nobody\n', 'the file holds no token: a line is ROLE TOKEN [NAME]'],
  ['0123456789abcdef', 'line 1 of the file: expected viewer or operator, a token, and perhaps a name'],
  ['\nadmin 0123456789abcdef', 'line 2 of the file: expected viewer or operator, a token, and perhaps a name'],
  ['viewer short', 'line 1 of the file: expected a token of at least 16 characters'],
  ['viewer', 'line 1 of the file: expected a token of at least 16 characters'],
  [
    'viewer 0123456789abcdef local',
    'line 1 of the file: expected another name: local is what evenkeel calls itself or nobody',
  ],
  ['viewer 0123456789abcdef two names', 'line 1 of the file: expected nothing after the name'],
  ['viewer 0123456789abcdef\noperator 0123456789abcdef', 'line 2 of the file: this token is there already'],
])('%j is refused', (content, message) => {
  let told: unknown
  try {
    tokensOf(content)
  } catch (error) {
    told = error
  }
  expect(told).toBeInstanceOf(ConfigError)
  const { problems } = told as ConfigError
  expect(problems.map(({ path, message }) => [path, message])).toEqual([['server.auth.bearer_token_file', message]])
  expect(problems[0]).toMatchObject({ line: 4, column: 70 })
  expect(String(told)).not.toContain('0123456789abcdef')
})
