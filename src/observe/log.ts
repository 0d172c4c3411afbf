import { type DestinationStream, pino } from 'pino'
import type { Clock } from '../lib/clock.ts'
import { codeOf, messageOf } from '../lib/errors.ts'
import { formatTime } from '../lib/iso-time.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** `message` is a plain sentence; `fields` are for machines. An `err` field becomes its code and message, never a stack. */
type Say = (fields: Record<string, unknown>, message: string) => void
export type Logger = Record<LogLevel, Say>

export interface RootLogger extends Logger {
  /** Nothing below this is written from now on. */
  setLevel(level: LogLevel): void
}

export interface LoggerOptions {
  level: LogLevel
  /** `text`: `HH:MM:SS cluster  sentence` (UTC) for people. */
  format: 'json' | 'text'
  clock: Clock
  /** Told the level of every line. */
  onLine?: (level: LogLevel) => void
  /** Standard output unless given, written before the call returns. */
  out?: { write(text: string): unknown }
}

export function createLogger({ level, format, clock, onLine, out }: LoggerOptions): RootLogger {
  const stdout = out ? { write: (line: string) => void out.write(line) } : pino.destination({ fd: 1, sync: true })
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${formatTime(clock.now())}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => ({ code: codeOf(error), message: messageOf(error) }) },
      // A second net: secrets are of a type that shows itself as [redacted] wherever it is.
      redact: { paths: secretPaths, censor: '[redacted]' },
    },
    format === 'text' ? asText(stdout) : stdout,
  )
  const say =
    (level: LogLevel): Say =>
    (fields, message) => {
      if (!logger.isLevelEnabled(level)) return
      logger[level](fields, message)
      onLine?.(level)
    }
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    setLevel: (level) => {
      logger.level = level
    },
  }
}

const secretPaths = ['password', 'token'].flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/** Prints what of a line is for people. */
function asText(stdout: { write(text: string): void }): DestinationStream {
  return {
    write: (line) => {
      const { time, cluster, msg, err } = JSON.parse(line) as Line
      const reason = err === undefined ? '' : `: ${err.message}`
      stdout.write(`${time.slice(11, 19)} ${cluster ?? 'evenkeel'}  ${msg}${reason}\n`)
    },
  }
}

interface Line {
  time: string
  cluster?: string
  msg: string
  err?: { message: string }
}
