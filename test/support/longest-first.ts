/**
 * Files that take long begin first: one that begins last is waited for by workers that have nothing left to do. A fresh clone does
 * not know yet how long they take, and their sizes do not tell. Files of one project stay together, since they share workers.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const projects = ['scenarios', 'cli', 'fast', 'clusters', 'pinot']
const files = [
  'scenarios/scenarios.test.ts',
  'contract/contract.test.ts',
  'acceptance/killed.test.ts',
  'acceptance/relief.test.ts',
  'acceptance/node-add.test.ts',
  'acceptance/skew.test.ts',
  'acceptance/targets.test.ts',
  'acceptance/throttle.test.ts',
  'acceptance/strangers.test.ts',
  'acceptance/heal.test.ts',
  'acceptance/controller.test.ts',
  'acceptance/drain.test.ts',
  'acceptance/racks.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specifications)
    return sorted.sort(
      (a, b) => rank(projects, a.project.name) - rank(projects, b.project.name) || fileRank(a) - fileRank(b),
    )
  }
}

const fileRank = ({ moduleId }: TestSpecification) =>
  rank(
    files,
    files.find((file) => moduleId.endsWith(file)),
  )

/** What is not in the list comes last. */
function rank(list: string[], item: string | undefined): number {
  const at = item === undefined ? -1 : list.indexOf(item)
  return at === -1 ? list.length : at
}
