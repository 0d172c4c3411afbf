/** `evenkeel explain`: why a partition, a table, a node or the cluster is as it is, moved, or does not move. */
import type { Command } from 'commander'
import type { ExplanationAnswer } from '../http/answers.ts'
import { EvenkeelError } from '../lib/errors.ts'
import type { Io } from './io.ts'
import { addView, type ViewOptions } from './view-command.ts'

interface ExplainOptions extends ViewOptions {
  partition?: string
  table?: string
  node?: string
}

export function addExplain(program: Command, io: Io): void {
  const command = program
    .command('explain')
    .description('say why something is where it is, why it moved, and why it does not move')
  addView<ExplanationAnswer, ExplainOptions>(command, io, {
    ask: (client, { cluster, partition, table, node }) => {
      if ([partition, table, node].filter((one) => one !== undefined).length > 1) {
        throw new EvenkeelError('usage', 'one of --partition, --table and --node at most is explained at once')
      }
      return client.get('explain', { cluster, partition, table, node })
    },
    text: explanationText,
  })
    .option('--partition <partition>', 'a partition such as t-3; of Pinot TABLE-SEGMENT')
    .option('--table <table>', 'a topic, or a Pinot table')
    .option('--node <id>', 'a node; with none of these the cluster is explained')
}

function explanationText({ summary, sections }: ExplanationAnswer): string {
  const parts = sections.map(({ title, lines }) => [title, ...lines.map(({ text }) => `  ${text}`)])
  return [[summary], ...parts].map((lines) => lines.map((text) => `${text}\n`).join('')).join('\n')
}
