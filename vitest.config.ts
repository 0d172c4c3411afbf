import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

/** Workers inherit execArgv: with this hook they can load the .ts sources directly. */
export const execArgv = ['--import', new URL('./test/support/register-tsx.mjs', import.meta.url).href]

/** Of those that run `dist/main.js`. */
const globalSetup = './test/support/built.ts'

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/cli/**', 'test/clusters/**', 'test/scenarios/**'],
          execArgv,
          // A worker for each file would cost more than most files do. Files share their modules, so nothing in those may change.
          isolate: false,
          maxWorkers: 2,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          globalSetup,
          setupFiles: './test/cli/clean.ts',
          execArgv,
          isolate: false,
          maxWorkers: 2,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup,
          setupFiles: './test/cli/clean.ts',
          execArgv,
          isolate: false,
          maxWorkers: 2,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'scenarios',
          include: ['test/scenarios/**/*.test.ts'],
          execArgv,
          maxWorkers: 2,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'clusters',
          include: ['test/clusters/**/*.test.ts'],
          exclude: ['test/clusters/pinot/**'],
          globalSetup: [globalSetup, './test/clusters/kafka/ahead.ts'],
          execArgv,
          // Much of their time is spent waiting for timeouts of Kafka and Pinot: more of them at once get in the way of each other.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
      // The very first start fetches Pinot.
      {
        test: {
          name: 'pinot',
          include: ['test/clusters/pinot/**/*.test.ts'],
          globalSetup: [globalSetup, './test/clusters/pinot/ahead.ts'],
          execArgv,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
