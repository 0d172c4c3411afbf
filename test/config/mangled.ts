/** The example configs, and what becomes of them when somebody mistypes: by chance, seeded. */
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { seededRandom } from '../../src/lib/random.ts'

export const env = { KAFKA_PASSWORD: 'hunter2', PINOT_TOKEN: 'hunter2' }
export const examples = ['config/demo.yaml', 'config/kafka.yaml', 'config/pinot.yaml']

const typed = [
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '\t',
  '"',
  "'",
  '&a ',
  '*a',
  '!!x ',
  '? ',
  '|',
  '>',
  '%',
  '\0',
  '\u{1F600}',
  '\n',
  '${',
  '-1',
  '<<: ',
  '__proto__: 1\n',
  '---\n',
  '#',
]

/**
 * Cuts off, leaves out and types in, so many times, and reads what comes of it.
 * @returns how often that was no config any more
 */
export function brokenOfMangled(file: string, seed: number, rounds: number): number {
  const text = readFileSync(file, 'utf8')
  const random = seededRandom(seed)
  let broken = 0
  for (let round = 0; round < rounds; round += 1) {
    const at = Math.floor(random() * text.length)
    const until = round % 3 === 0 ? text.length : at + Math.floor(random() * 30)
    const between = round % 3 === 2 ? typed[Math.floor(random() * typed.length)]! : ''
    if (problemsOf(text.slice(0, at) + between + text.slice(until), file).length > 0) broken += 1
  }
  return broken
}

/** The problem lines of a text, after checking that each has a place inside it and says something. */
export function problemsOf(text: string, file: string): string[] {
  try {
    parseConfig(text, file, { env })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.problems).not.toHaveLength(0)
    const lines = text.split('\n')
    for (const { line, column, message } of error.problems) {
      expect(line).toBeGreaterThanOrEqual(1)
      expect(line).toBeLessThanOrEqual(lines.length)
      expect(column).toBeGreaterThanOrEqual(1)
      expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1)
      expect(message).toMatch(/^[^\n]{5,200}$/)
      expect(message).not.toMatch(/undefined|NaN|\[object|hunter2|Invalid input/)
    }
    return error.message.split('\n')
  }
}
