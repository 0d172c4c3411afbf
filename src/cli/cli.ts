/** The command line: which commands there are and how errors end the process. */
import { Command, CommanderError } from 'commander'
import { messageOf } from '../lib/errors.ts'
import { addCompletion } from './completion.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import type { Ending, Io } from './io.ts'
import { addVersion, version } from './version.ts'

type Add = (program: Command, io: Io, ending: Ending) => void

/**
 * As the help lists them. Each is loaded when it is asked for, by a name that it adds: what the daemon is made of takes longer to load than
 * most commands take to run.
 */
const groups: Record<string, Record<string, () => Promise<Add>>> = {
  'The daemon:': {
    run: async () => (await import('./run.ts')).addRun,
    'check-config': async () => (await import('./check-config.ts')).addCheckConfig,
    config: async () => (await import('./config-show.ts')).addConfigShow,
    permissions: async () => (await import('./permissions.ts')).addPermissions,
    notify: async () => (await import('./notify-test.ts')).addNotifyTest,
    healthcheck: async () => (await import('./healthcheck.ts')).addHealthcheck,
  },
  'What is going on:': {
    status: async () => (await import('./status.ts')).addStatus,
    nodes: async () => (await import('./nodes.ts')).addNodes,
    moves: async () => (await import('./moves.ts')).addMoves,
    plan: async () => (await import('./plan.ts')).addPlan,
    explain: async () => (await import('./explain.ts')).addExplain,
    decisions: async () => (await import('./decisions.ts')).addDecisions,
    tables: async () => (await import('./tables.ts')).addTables,
  },
  'What is to be done:': {
    move: async () => (await import('./move.ts')).addMove,
    'transfer-leadership': async () => (await import('./move.ts')).addTransferLeadership,
    drain: async () => (await import('./drain.ts')).addDrain,
    undrain: async () => (await import('./drain.ts')).addUndrain,
    pause: async () => (await import('./pause.ts')).addPause,
    resume: async () => (await import('./pause.ts')).addResume,
    cancel: async () => (await import('./cancel.ts')).addCancel,
    rebalance: async () => (await import('./rebalance.ts')).addRebalance,
    approve: async () => (await import('./rebalance.ts')).addApprove,
  },
  'Tools:': {
    snapshot: async () => (await import('./snapshot.ts')).addSnapshot,
    release: async () => (await import('./release.ts')).addRelease,
    version: async () => addVersion,
  },
}

/** Runs one command. Never throws; resolves to the exit code. */
export async function runCli(args: string[], io: Io): Promise<number> {
  const ending: Ending = { code: exitCodes.done }
  try {
    const program = await programFor(args[0], io, ending)
    await program.parseAsync(args, { from: 'user' })
    return ending.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    if (io.signal.aborted) return exitCodes.failure
    io.err.write(`evenkeel: ${messageOf(error)}\n`)
    return exitCodeOf(error)
  }
}

/** @param name of the one command that is needed; all are there when it is none of them. */
export async function programFor(name: string | undefined, io: Io, ending: Ending): Promise<Command> {
  const program = new Command('evenkeel')
    .description('Keeps Kafka and Pinot clusters balanced from the outside, and says what it does and why.')
    .version(`evenkeel ${version()}`)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => io.out.write(text), writeErr: (text) => io.err.write(text) })
  const wanted = name === '-V' || name === '--version' ? 'version' : (name ?? '')
  const isOne = Object.values(groups).some((commands) => Object.hasOwn(commands, wanted))
  for (const [group, commands] of Object.entries(groups)) {
    program.commandsGroup(group)
    for (const [own, load] of Object.entries(commands)) {
      if (!isOne || own === wanted) (await load())(program, io, ending)
    }
  }
  if (!isOne) addCompletion(program)
  return program
}
