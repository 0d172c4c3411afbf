/** `evenkeel config show`: every setting in force, and where it comes from. */
import type { Command } from 'commander'
import type { CompiledConfig } from '../config/compile.ts'
import { configYaml } from '../config/config-yaml.ts'
import { loadConfig } from '../config/load.ts'
import { type EffectiveSetting, effectiveSettings, settingsHash } from '../config/origins.ts'
import type { ConfigAnswer } from '../http/answers.ts'
import { pickCluster } from './compose.ts'
import { type Format, formatOption, shownAs } from './formats.ts'
import type { Io } from './io.ts'
import { table } from './table.ts'

interface Options {
  config: string
  cluster?: string
  set: string[]
  output: Format
}

export function addConfigShow(program: Command, io: Io): void {
  program
    .command('config')
    .description('look at a config')
    .command('show')
    .description('show every setting in force and where it comes from, secrets left out')
    .requiredOption('-c, --config <file>', 'config file')
    .option('--cluster <name>', 'only that cluster')
    .option('--set <BLOCK.KEY=VALUE>', 'as for run (repeatable)', (value, all: string[]) => [...all, value], [])
    .addOption(formatOption())
    .action(({ config: file, cluster, set, output }: Options) => {
      const config = loadConfig(file, { env: io.env, set })
      io.out.write(shown(cluster === undefined ? config : ofOne(config, cluster), cluster, output))
    })
}

function ofOne(config: CompiledConfig, cluster: string): CompiledConfig {
  return { ...config, clusters: [pickCluster(config.clusters, cluster)] }
}

function shown(config: CompiledConfig, only: string | undefined, output: Options['output']): string {
  if (output === 'yaml') return configYaml(config)
  const settings = effectiveSettings(config).filter(({ cluster }) => only === undefined || cluster === only)
  const answer: ConfigAnswer = { settings, hash: settingsHash(config) }
  return shownAs(output, answer, () => settingsText(settings))
}

function settingsText(settings: EffectiveSetting[]): string {
  const rows = settings.map(({ cluster, key, text, origin }) => [cluster ?? '-', key, text, origin])
  return table(['CLUSTER', 'KEY', 'VALUE', 'ORIGIN'], rows)
}
