/** The config of a running daemon, as its control listener tells of it and has it read anew. */
import { effectiveSettings, settingsHash } from '../config/origins.ts'
import { ConfigError } from '../config/problem.ts'
import { Problem } from '../http/problem.ts'
import type { DaemonConfig } from '../http/route.ts'
import { messageOf } from '../lib/errors.ts'
import { formatTime } from '../lib/iso-time.ts'
import { changeText, type Reload } from './reload.ts'

/** @param reread reads the file anew, and returns when `reload` has been told. */
export function daemonConfig(
  reload: Pick<Reload, 'inForce' | 'takenAtMs' | 'refusal' | 'reading'>,
  reread: () => void,
): DaemonConfig {
  return {
    inForce: () => ({
      settings: effectiveSettings(reload.inForce),
      hash: settingsHash(reload.inForce),
      loaded_at: formatTime(reload.takenAtMs),
    }),
    refusal: () => reload.refusal,
    reload: () => {
      reread()
      const { reading } = reload
      if ('refused' in reading) throw refusalOf(reading.refused)
      return reading.changes.map((change) => ({ ...change, text: changeText(change) }))
    },
  }
}

function refusalOf(error: unknown): Problem {
  const text = `what was in force stays so: ${messageOf(error)}`
  if (!(error instanceof ConfigError)) return new Problem('config_refused', text)
  const problems = error.problems.map(({ path: key, file, line, column, message }) => ({
    file,
    line,
    column,
    key,
    message,
  }))
  return new Problem('config_refused', text, problems)
}
