import type { BalanceSettings } from '../../src/cluster/settings.ts'

export const settings = (more: Partial<BalanceSettings> = {}): BalanceSettings => ({
  mode: 'continuous',
  dryRun: false,
  nodeAvailabilityTimeoutMs: 900_000,
  nodeAddHoldMs: 300_000,
  nodeAddBelow: 0.5,
  maxDiskUsage: 0.8,
  hardDiskUsage: 0.9,
  topicAware: true,
  rackAwareness: 'prefer',
  leadershipEnabled: true,
  leadershipStrategy: 'random_hill_climbing',
  leadershipBy: 'count',
  leadershipIdleMs: 0,
  leadershipMuteMs: 300_000,
  windows: [],
  excludeTopics: [],
  excludeNodes: [],
  excludeHard: false,
  ...more,
})
