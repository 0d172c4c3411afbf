/** `evenkeel plan`: what would be done, for a live cluster or a snapshot. Nothing is started. */
import { type Command, Option } from 'commander'
import { modes } from '../cluster/events.ts'
import { withAddressOptions } from './daemon-client.ts'
import { exitCodes } from './exit-codes.ts'
import { formatOption } from './formats.ts'
import type { Ending, Io } from './io.ts'
import { type PlanSource, planOnce } from './plan-once.ts'
import { planTables, planTablesText } from './plan-tables.ts'
import { type PlanFormat, planText } from './plan-view.ts'

interface PlanArguments extends PlanSource {
  output: PlanFormat
  exitCode?: boolean
  url: string
  tokenFile?: string
  table?: string
  tenant?: string
}

export function addPlan(program: Command, io: Io, ending: Ending): void {
  const plan = program
    .command('plan')
    .description('show what would be done, for a live cluster (--config) or a snapshot (--snapshot); starts nothing')
  withAddressOptions(plan)
    .option('-c, --config <file>', 'config file')
    .option('--cluster <name>', 'which cluster of the config')
    .option('--snapshot <file>', 'plan for a snapshot instead of a live cluster')
    .addOption(new Option('--mode <mode>', 'plan under this mode').choices(modes))
    .option(
      '--set <BLOCK.KEY=VALUE>',
      'override a setting (repeatable), such as balancing.mode=off or rebalance.batchSizePerServer=50',
      (value, all: string[]) => [...all, value],
      [],
    )
    .addOption(formatOption(['kafka-reassignment']))
    .option('--table <name>', 'only this Pinot table, whether or not it drifted; without a type both of that name')
    .option('--tenant <name>', 'only the tables of this server tenant')
    .option('--exit-code', 'end with 3 when the plan has moves')
    .action(async (options: PlanArguments) => {
      if (options.table !== undefined || options.tenant !== undefined) {
        const found = await planTables(options, io)
        io.out.write(planTablesText(found, options.output))
        if (options.exitCode && found.tables.some(({ drift }) => drift)) ending.code = exitCodes.needsAttention
        return
      }
      const report = await planOnce(options, io)
      io.out.write(planText(report, options.output))
      if (options.exitCode && report.plan.moves.length > 0) ending.code = exitCodes.needsAttention
    })
}
