import { defineConfig } from 'vitest/config'
import { execArgv } from './vitest.config.ts'

/** Tests that run for long: `npm run soak`, never part of `npm test`. */
export default defineConfig({
  test: {
    name: 'soak',
    include: ['test/**/*.soak.ts'],
    execArgv,
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
  },
})
