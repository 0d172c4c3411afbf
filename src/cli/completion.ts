/** `evenkeel completion SHELL`: the script that lets a shell complete commands, options and their choices. */
import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'

/** Call it last: it completes the commands that are there. */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: 'completion' })
  program.commands
    .find((command) => command.name() === 'completion')
    ?.description('print what lets a shell complete commands: source <(evenkeel completion bash)')
}
