/** Compares how things stand with how a case says that they should. */
import { leaderCounts, replicaCounts, sharesOf } from '../../src/cluster/shares.ts'
import type { ClusterState } from '../../src/cluster/state.ts'
import type { ClusterView } from '../../src/daemon/view.ts'
import { sameSet } from '../../src/lib/lists.ts'
import { usedBytes } from '../../src/systems/simulator/node.ts'
import { targetOf } from '../../src/systems/simulator/partition.ts'
import type { Simulator } from '../../src/systems/simulator/simulator.ts'
import type { World } from '../../src/systems/simulator/world.ts'
import type { Picture, Range } from './case.ts'

/** How far from its fair share a node may be that was filled. */
const FILLED = 0.05

type Say = (problem: string) => void

/** What is otherwise than the picture. */
export async function comparePicture(picture: Picture, simulator: Simulator, view: ClusterView): Promise<string[]> {
  const problems: string[] = []
  const say: Say = (problem) => void problems.push(problem)
  const { world } = simulator
  world.advance()
  compareView(picture, view, say)
  comparePlaces(picture, world, say)
  compareDirs(picture, world, say)
  if (picture.filled ?? picture.even ?? picture.leaders ?? picture.leadersOverMean) {
    const { state } = await simulator.sample(new AbortController().signal)
    compareShares(picture, state, say)
  }
  return problems
}

function compareView(picture: Picture, view: ClusterView, say: Say): void {
  const { status, running, drains, report } = view
  if (picture.status !== undefined && status !== picture.status) say(`the status is ${status}, not ${picture.status}`)
  const verdict = report?.verdict
  if (picture.verdict !== undefined && verdict?.code !== picture.verdict)
    say(`the verdict is ${verdict?.code}, not ${picture.verdict}: ${verdict?.text}`)
  if (picture.says !== undefined && !matches(verdict?.text ?? '', picture.says))
    say(`the verdict says: ${verdict?.text}, without ${String(picture.says)}`)
  compare('moves running', running.length, picture.running, say)
  if (report) compare('partitions that share a rack needlessly', report.rackViolations, picture.needless, say)
  for (const [node, safe] of Object.entries(picture.safeToStop ?? {})) {
    const drain = drains.find((one) => String(one.node) === node)
    if (drain?.safeToStop !== safe) say(`node ${node}: safe to stop is ${drain?.safeToStop}, not ${safe}`)
  }
  const reasons = report?.plan.blocked.map(({ reason }): string => reason) ?? []
  for (const reason of picture.rejected ?? [])
    if (!reasons.includes(reason)) say(`no candidate is rejected for ${reason}, only for ${reasons.join(', ')}`)
}

export function matches(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)
}

function comparePlaces(picture: Picture, world: World, say: Say): void {
  const held = (node: unknown) =>
    world.partitions.filter(({ replicas }) => replicas.some((id) => String(id) === String(node)))
  for (const node of picture.empty ?? [])
    if (held(node).length > 0) say(`node ${node} still holds ${held(node).length} replicas`)
  for (const [node, range] of Object.entries(picture.replicas ?? {}))
    compare(`replicas of node ${node}`, held(node).length, range, say)
  for (const [name, nodes] of Object.entries(picture.on ?? {})) {
    const partition = world.partitions.find(({ topic, id }) => `${topic}-${id}` === name)
    const now = partition ? targetOf(partition) : []
    if (!sameSet(now, nodes)) say(`${name} is on ${now.join(', ') || 'nothing'}, not on ${nodes.join(', ')}`)
  }
}

function compareDirs(picture: Picture, world: World, say: Say): void {
  for (const node of world.nodes.values()) {
    for (const dir of node.dirs) {
      if (!node.up || dir.failed) continue
      const name = `${node.id}${dir.path}`
      const ratio = usedBytes(dir) / dir.capacityBytes
      const wanted = picture.dirs?.[name]
      if (picture.below !== undefined && ratio > picture.below)
        say(`${name} is filled to ${ratio.toFixed(3)}, not below ${picture.below}`)
      compare(`filling of ${name}`, ratio, wanted, say)
    }
  }
}

function compareShares(picture: Picture, state: ClusterState, say: Say): void {
  const shares = sharesOf(state)
  const leaders = leaderCounts(state)
  const replicas = replicaCounts(state)
  const largest = state.replicaBytes.reduce((most, bytes) => Math.max(most, bytes), 0)
  const taking = [...shares.participates.keys()].filter((node) => shares.participates[node] === 1)
  for (const node of taking) {
    const id = state.names.nodes[node]!
    const used = shares.usedBytes[node]!
    const fair = shares.fairBytes[node]!
    const off = Math.abs(used - fair)
    if (picture.filled?.includes(id) && off > Math.max(fair * FILLED, largest))
      say(`node ${id} holds ${(used / fair).toFixed(3)} of its fair share`)
    if (picture.even !== undefined && off > fair * picture.even)
      say(`node ${id} holds ${(used / fair).toFixed(3)} of its fair share and ${replicas[node]} replicas`)
    compare(`leaders of node ${id}`, leaders[node]!, picture.leaders?.[Number(id)], say)
  }
  const counts = taking.map((node) => leaders[node]!)
  const over = (Math.max(...counts) * counts.length) / counts.reduce((sum, count) => sum + count, 0)
  if (picture.leadersOverMean !== undefined && over > picture.leadersOverMean)
    say(`the node that leads most leads ${over.toFixed(2)} of the mean, more than ${picture.leadersOverMean}`)
}

export function compare(what: string, value: number, range: Range | undefined, say: Say): void {
  if (range === undefined) return
  const [least, most] = typeof range === 'number' ? [range, range] : range
  if (value < least || value > most) say(`${what}: ${value}, not ${least === most ? least : `${least} to ${most}`}`)
}
