/** What each happening does to the cluster, and what the cluster says to it: undefined, or why it did not let it happen. */
import { dirNamed, type SimulatedCluster } from './cluster.ts'
import type { Faults } from './faults.ts'
import type { Happening, Happenings } from './options.ts'

/** The part of the world that things befall. */
interface Befallen {
  cluster: SimulatedCluster
  faults: Faults
  noise: number
  later: (afterMs: number, act: () => unknown) => void
}

type Effects = { [Name in keyof Happenings]: (world: Befallen, what: Happenings[Name]) => string | undefined | void }

const effects: Effects = {
  addNode: ({ cluster }, node) => cluster.addNode(node),
  stopNode: ({ cluster }, id) => cluster.stop(id),
  startNode: ({ cluster }, id) => cluster.start(id),
  flap: (world, { node, downMs, upMs, times }) => {
    for (let round = 0; round < times; round += 1) {
      const afterMs = round * (downMs + upMs)
      world.later(afterMs, () => world.cluster.stop(node))
      world.later(afterMs + downMs, () => world.cluster.start(node))
    }
  },
  silence: ({ cluster }, { node, ms }) => cluster.silence(node, cluster.atMs + ms),
  failDir: ({ cluster }, target) => {
    const { node, dir } = dirNamed(cluster, target)
    cluster.failDir(node, dir, 'broken')
  },
  replaceDir: ({ cluster }, target) => {
    dirNamed(cluster, target).dir.replaced = true
  },
  fillDir: ({ cluster }, { otherBytes, ...target }) => {
    dirNamed(cluster, target).dir.otherBytes = otherBytes
  },
  cordonDir: ({ cluster }, { cordoned, ...target }) => {
    dirNamed(cluster, target).dir.cordoned = cordoned
  },
  createTopic: ({ cluster }, topic) => cluster.createTopic(topic),
  deleteTopic: ({ cluster }, name) => cluster.deleteTopic(name),
  addPartitions: ({ cluster }, { topic, count }) => cluster.addPartitions(topic, count),
  setGrowth: ({ cluster }, { topic, growth }) => cluster.setGrowth(topic, growth),
  setCopyRate: ({ cluster }, { node, rate }) => {
    if (node === undefined) cluster.copyRate = rate
    else cluster.node(node).copyRate = rate
  },
  setSetting: ({ cluster }, { value, ...ref }) =>
    ref.scope === 'topic' && !cluster.hasTopic(`${ref.of}`)
      ? `there is no topic ${ref.of}`
      : cluster.settings.put(ref, value),
  setNoise: (world, ratio) => {
    world.noise = ratio
  },
  reassign: ({ cluster }, { topic, partition, replicas }) => cluster.reassign(topic, partition, replicas),
  relocate: ({ cluster }, { topic, partition, dir }) => cluster.relocate(topic, partition, dir),
  blind: ({ cluster, faults }, { ms, code = 'sample_incomplete' }) => faults.blind(cluster.atMs + ms, code),
  stopController: (world, { ms }) => {
    world.cluster.controlled = false
    if (ms !== undefined) world.later(ms, () => world.cluster.controllerReturns())
  },
  startController: ({ cluster }) => cluster.controllerReturns(),
  refuse: ({ faults }, { acts, kinds, code }) => faults.order(acts, kinds, { refused: code }),
  loseAnswers: ({ faults }, { acts, kinds, happens }) => faults.order(acts, kinds, { lost: happens }),
}

export function befall(world: Befallen, what: Happening): string | undefined {
  for (const [name, value] of Object.entries(what)) {
    const effect = effects[name as keyof Effects] as
      | ((world: Befallen, what: unknown) => string | undefined)
      | undefined
    if (effect) return effect(world, value)
  }
  return undefined
}
