import type { BalanceSettings } from '../../src/cluster/settings.ts'

export const settings = (more: Partial<BalanceSettings> = {}): BalanceSettings => ({
  mode: 'continuous',
  dryRun: false,
  nodeAddHoldMs: 300_000,
  nodeAddBelow: 0.5,
  maxDiskUsage: 0.8,
  topicAware: true,
  rackAwareness: 'prefer',
  leadershipEnabled: true,
  excludeTopics: [],
  excludeNodes: [],
  ...more,
})
