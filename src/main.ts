#!/usr/bin/env node
/** Process entry: arguments, signals, exit code. */
import { runCli } from './cli/cli.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!stop.signal.aborted) return stop.abort()
    // Asked twice: end at once, and as the sender would expect of the signal.
    process.removeAllListeners(signal)
    return process.kill(process.pid, signal)
  })
}
let readerGone = false
// A reader that went away (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  readerGone = true
  stop.abort()
})

const code = await runCli(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  env: process.env,
  signal: stop.signal,
  // Only a command that can reload listens: to the others a hangup is the end, as usual.
  onReload: (listener) => {
    process.on('SIGHUP', listener)
    return () => process.off('SIGHUP', listener)
  },
})
process.exitCode = readerGone ? 0 : code
