/** The command line: which commands there are and how errors end the process. */
import { Command, CommanderError } from 'commander'
import { messageOf } from '../lib/errors.ts'
import { addCancel } from './cancel.ts'
import { addCheckConfig } from './check-config.ts'
import { addCompletion } from './completion.ts'
import { addConfigShow } from './config-show.ts'
import { addDecisions } from './decisions.ts'
import { addDrain } from './drain.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { addExplain } from './explain.ts'
import { addHealthcheck } from './healthcheck.ts'
import type { Ending, Io } from './io.ts'
import { addMove, addTransferLeadership } from './move.ts'
import { addMoves } from './moves.ts'
import { addNodes } from './nodes.ts'
import { addPause } from './pause.ts'
import { addPermissions } from './permissions.ts'
import { addPlan } from './plan.ts'
import { addApprove, addRebalance } from './rebalance.ts'
import { addRelease } from './release.ts'
import { addRun } from './run.ts'
import { addSnapshot } from './snapshot.ts'
import { addStatus } from './status.ts'
import { addTables } from './tables.ts'
import { addVersion, version } from './version.ts'

/** As the help lists them. */
const groups: Record<string, ((program: Command, io: Io, ending: Ending) => void)[]> = {
  'The daemon:': [addRun, addCheckConfig, addConfigShow, addPermissions, addHealthcheck],
  'What is going on:': [addStatus, addNodes, addMoves, addPlan, addExplain, addDecisions, addTables],
  'What is to be done:': [addMove, addTransferLeadership, addDrain, addPause, addCancel, addRebalance, addApprove],
  'Tools:': [addSnapshot, addRelease, addVersion],
}

/** Runs one command. Never throws; resolves to the exit code. */
export async function runCli(args: string[], io: Io): Promise<number> {
  const ending: Ending = { code: exitCodes.done }
  const program = new Command('evenkeel')
    .description('Keeps Kafka, Redpanda and Pinot clusters balanced from the outside, and says what it does and why.')
    .version(`evenkeel ${version()}`)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => io.out.write(text), writeErr: (text) => io.err.write(text) })
  for (const [group, commands] of Object.entries(groups)) {
    program.commandsGroup(group)
    for (const add of commands) add(program, io, ending)
  }
  addCompletion(program)
  try {
    await program.parseAsync(args, { from: 'user' })
    return ending.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    if (io.signal.aborted) return exitCodes.failure
    io.err.write(`evenkeel: ${messageOf(error)}\n`)
    return exitCodeOf(error)
  }
}
