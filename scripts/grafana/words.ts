/** How the board shows the words of the closed lists. */
import { MappingType, type ValueMap } from '@grafana/grafana-foundation-sdk/dashboard'
import { type LoopStatus, loopStatuses, modes } from '../../src/cluster/events.ts'
import { type VerdictCode, verdictCodes } from '../../src/cluster/reasons.ts'
import { max, ofJob, own } from './promql.ts'

const statusColours: Record<LoopStatus, string> = {
  standby: '#8e8e8e',
  off: '#6e6e6e',
  starting: 'light-blue',
  ready: 'green',
  in_progress: 'blue',
  paused: 'purple',
  stalled: 'orange',
  unreachable: 'red',
}

/** The words in the order of their codes, the one of a spare instance first: of two instances the acting one counts. */
const statusOrder = ['standby', ...loopStatuses.filter((status) => status !== 'standby')] as const

/** The status as one number: a panel shows the word of the number. */
export const statusCode = code('status', statusOrder)

/** The same of every cluster, by its name. */
export const statusCodeOfAll = code('status', statusOrder, ofJob, 'managed_cluster')

export const statusWords = wordsOf(statusOrder, (status) => statusColours[status])

/** The mode, likewise. */
export const modeCode = code('mode', modes)

export const modeWords = wordsOf(modes, (mode) => (mode === 'continuous' ? 'green' : 'blue'))

function code(label: 'status' | 'mode', words: readonly string[], select = own, ...by: string[]): string {
  const terms = words.map((word, index) => `${index + 1} * (${select(label, `${label}="${word}"`)} == 1)`)
  return max(terms.join(' or '), ...by)
}

function wordsOf<Word extends string>(words: readonly Word[], colour: (word: Word) => string): ValueMap {
  const entries = words.map((word, index) => {
    return [String(index + 1), { text: word.replaceAll('_', ' '), color: colour(word), index }] as const
  })
  return { type: MappingType.ValueToText, options: Object.fromEntries(entries) }
}

/** As good as it can be. */
const fine: readonly VerdictCode[] = ['balanced', 'as_assigned']
/** What somebody wants so, or what passes by itself. */
const meant: readonly VerdictCode[] = ['mode_off', 'mode_node_add', 'dry_run', 'paused', 'window_closed', 'holding']

export function reasonColour(code: VerdictCode): string {
  if (fine.includes(code)) return 'green'
  return meant.includes(code) ? 'blue' : 'orange'
}

export const reasons = verdictCodes.filter((code) => code !== 'acting')

/** 0 and 1 as words with a colour each. */
export function flag(no: string, noColour: string, yes: string, yesColour: string): ValueMap {
  return {
    type: MappingType.ValueToText,
    options: { 0: { text: no, color: noColour, index: 0 }, 1: { text: yes, color: yesColour, index: 1 } },
  }
}
