/** One node: how it is, what it holds against its fair share, what is wrong with it, what moves, and why it gives and takes or does not. */
import type { Explanation, ExplanationLine, ExplanationSection, Facts } from '../../cluster/explanation.ts'
import { dirStates } from '../../cluster/reasons.ts'
import type { NodeId } from '../../cluster/state.ts'
import { nodeKey } from '../../execute/journal/records.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatBytes, formatDuration, formatPercent } from '../../lib/units.ts'
import { closedText } from './candidates.ts'
import { pastLines } from './history.ts'
import { line, type Picture, rackOf, stateOf, violationLine, violationsAbout } from './picture.ts'
import { givesTo, plansLines, takesFrom } from './under-way.ts'
import { percentOf, since, waiting } from './words.ts'

export function explainNode(picture: Picture, node: number): Pick<Explanation, 'summary' | 'sections'> {
  const id = picture.state.names.nodes[node]!
  const violations = violationLines(picture, id)
  const sections: ExplanationSection[] = [
    { code: 'state', title: 'How it is', lines: [stateLine(picture, node), ...holdLines(picture, node)] },
    { code: 'placement', title: 'What it holds', lines: [...diskLines(picture, node), ...shareLines(picture, node)] },
    { code: 'violations', title: 'What is wrong', lines: violations },
    {
      code: 'plan',
      title: 'What moves',
      lines: plansLines(
        picture,
        (move) =>
          givesTo(move, id) || takesFrom(move, id) || (move.kind === 'leader' && (move.from === id || move.to === id)),
      ),
    },
    {
      code: 'moves',
      title: 'What moved lately',
      lines: pastLines(picture, ({ from, to }) => from === id || to === id),
    },
    { code: 'source', title: 'Why it gives replicas away, or does not', lines: [sourceLine(picture, node)] },
    { code: 'target', title: 'Why it receives replicas, or does not', lines: targetLines(picture, node) },
  ]
  const wrong = violations.filter(({ code }) => code !== 'none')
  const { usedBytes, capacityBytes } = picture.options.model.shares
  const full = `${percentOf(usedBytes[node]!, capacityBytes[node]!)} full`
  const what = wrong.length > 0 ? wrong.map(({ text }) => text).join('; ') : 'no violation is about it'
  return { summary: `node ${id} is ${stateOf(picture, node)}, ${full}: ${what}`, sections }
}

function stateLine(picture: Picture, node: number): ExplanationLine {
  const { state, nowMs } = picture
  const code = stateOf(picture, node)
  const sinceMs = code === 'unavailable' ? state.nodeUnavailableSinceMs[node]! : state.nodeAliveSinceMs[node]!
  // A node that is drained is alive: since when is that of its life.
  const lives = code === 'draining' ? `${code}, alive` : code
  const howLong = Number.isNaN(sinceMs) ? '' : ` ${since(sinceMs, nowMs)}`
  const rack = rackOf(picture, node)
  const domain = state.names.domains[state.nodeDomain[node]!]!
  const text = `${lives}${howLong}${rack === undefined ? ', no rack' : `, rack ${rack}`}${domain === '' ? '' : `, domain ${domain}`}`
  return line(code, text, {
    state: code,
    ...(Number.isNaN(sinceMs) ? {} : { since: formatTime(sinceMs) }),
    rack,
    ...(domain !== '' && { domain }),
  })
}

/** What a person or evenkeel wants of it for a while. */
function holdLines(picture: Picture, node: number): ExplanationLine[] {
  const { state, view, coolDowns, nowMs } = picture
  const id = state.names.nodes[node]!
  const lines: ExplanationLine[] = []
  const drain = view.drains.find((one) => one.node === id)
  if (drain) {
    const left = `${drain.replicas} replicas of ${formatBytes(drain.bytes)} left`
    const text = `it is to be emptied, ${drain.safeToStop ? 'and can be stopped' : left}`
    lines.push(line('draining', text, { replicas: drain.replicas, bytes: drain.bytes, safe_to_stop: drain.safeToStop }))
  }
  const rest = coolDowns.get(nodeKey(id))
  if (rest && rest.untilMs > nowMs) {
    const text = `nothing new is sent to it for ${formatDuration(rest.untilMs - nowMs)}: ${rest.why}`
    lines.push(line('cool_down', text, { until: formatTime(rest.untilMs), why: rest.why }))
  }
  if (state.nodeExcluded[node] === 1)
    lines.push(line('excluded', 'it is excluded by the config: it neither gives nor takes for balance'))
  return lines
}

function diskLines({ state, report, question }: Picture, node: number): ExplanationLine[] {
  const { maxDiskUsage, hardDiskUsage } = question.settings
  const limits = `limit ${formatPercent(maxDiskUsage)}, for repair and relief ${formatPercent(hardDiskUsage)}`
  const lines: ExplanationLine[] = []
  for (let dir = state.nodeDirStart[node]!; dir < state.nodeDirStart[node + 1]!; dir += 1) {
    const [used, capacity] = [state.dirUsedBytes[dir]!, state.dirCapacityBytes[dir]!]
    const [arriving, leaving] = [state.dirArrivingBytes[dir]!, state.dirPendingFreeBytes[dir]!]
    const dirState = dirStates[state.dirState[dir]!]!
    const is = [
      ...(dirState === 'online' ? [] : [dirState]),
      ...(state.dirCordoned[dir] === 1 ? ['takes nothing new'] : []),
      ...(arriving > 0 ? [`${formatBytes(arriving)} to arrive`] : []),
      ...(leaving > 0 ? [`${formatBytes(leaving)} to leave`] : []),
    ]
    const text = `${state.names.dirs[dir]}: ${formatBytes(used)} of ${formatBytes(capacity)} (${percentOf(used, capacity)}), ${limits}${is.length > 0 ? `; ${is.join(', ')}` : ''}`
    lines.push(
      line('disk', text, {
        dir: state.names.dirs[dir]!,
        state: dirState,
        cordoned: state.dirCordoned[dir] === 1,
        used_bytes: used,
        capacity_bytes: capacity,
        arriving_bytes: arriving,
        leaving_bytes: leaving,
        limit: maxDiskUsage,
        hard_limit: hardDiskUsage,
      }),
    )
  }
  const forecast = report.plan.nodes.find(({ id }) => id === state.names.nodes[node])
  if (forecast) {
    const { now, peak, final } = forecast.diskBytes
    const of = (bytes: number) => `${formatBytes(bytes)} (${percentOf(bytes, forecast.capacityBytes)})`
    const text = `by the plan: now ${of(now)}, at the peak ${of(peak)}, in the end ${of(final)}`
    lines.push(
      line('forecast', text, {
        now_bytes: now,
        peak_bytes: peak,
        final_bytes: final,
        capacity_bytes: forecast.capacityBytes,
      }),
    )
  }
  return lines
}

function shareLines(picture: Picture, node: number): ExplanationLine[] {
  const { state, options } = picture
  const { usedBytes, fairBytes, participates, domainNodes } = options.model.shares
  const [used, fair] = [usedBytes[node]!, fairBytes[node]!]
  const takesPart = participates[node] === 1
  const counts = options.model.replicas
  const peers = Math.max(1, domainNodes[state.nodeDomain[node]!]!)
  const mean =
    counts.reduce((sum, count, other) => sum + (state.nodeDomain[other] === state.nodeDomain[node] ? count : 0), 0) /
    peers
  const leaders = options.model.leaders[node]!
  const fairText = takesPart
    ? `${formatBytes(used)} of its fair share of ${formatBytes(fair)} (${percentOf(used, fair)})`
    : `${formatBytes(used)}; it takes no part in balancing`
  const facts: Facts = { used_bytes: used, fair_bytes: takesPart ? fair : undefined, takes_part: takesPart }
  const replicasText = `${counts[node]} replicas, ${mean.toFixed(1)} would be the mean; it leads ${leaders} partitions`
  return [
    line('fair_share', fairText, facts),
    line('replicas', replicasText, { replicas: counts[node]!, mean_replicas: Math.round(mean * 10) / 10, leaders }),
  ]
}

function violationLines(picture: Picture, id: NodeId): ExplanationLine[] {
  const about = violationsAbout(picture, id).map((violation) => violationLine(violation, picture.nowMs))
  // What is not a violation yet: a node that has not been here, or gone, for long enough.
  const waiting = picture.assessment.holding.filter((text) => text.startsWith(`node ${id} `))
  const lines = [...about, ...waiting.map((text) => line('holding', text))]
  return lines.length > 0 ? lines : [line('none', 'no violation is about it')]
}

function sourceLine(picture: Picture, node: number): ExplanationLine {
  const { state, options, report } = picture
  const id = state.names.nodes[node]!
  const must = violationsAbout(picture, id).find(({ kind }) => kind !== 'node_underused' && kind !== 'leader_skew')
  if (must) return line(must.kind, `it must give: ${must.text}${waiting(must)}`, { gate: must.gate?.code })
  const { participates, usedBytes, fairBytes } = options.model.shares
  if (participates[node] === 0) {
    return line(
      'excluded',
      `it takes no part in balancing (${closedText[options.closed(node) ?? 'excluded']}): nothing is taken from it`,
    )
  }
  const holds = `it holds ${percentOf(usedBytes[node]!, fairBytes[node]!)} of its fair share`
  const gives = report.plan.moves.filter((move) => takesFrom(move, id)).length
  if (gives > 0) return line('planned', `the plan takes ${gives} replicas from it: ${holds}`, { moves: gives })
  const even = report.violations.find(({ kind }) => kind === 'node_underused' || kind === 'disk_skew')
  if (even?.subject === `node ${id}`) return line('node_underused', `${holds}: it is to receive, not to give`)
  if (even)
    return line('not_needed', `${holds}; the plan mends ${even.subject} without it${waiting(even)}`, {
      gate: even.gate?.code,
    })
  return line('balanced', `nothing asks it to give: ${holds}`)
}

function targetLines(picture: Picture, node: number): ExplanationLine[] {
  const { state, options, report, question } = picture
  const id = state.names.nodes[node]!
  const closed = options.closed(node)
  if (closed)
    return [
      line('excluded', `it receives nothing: it ${closedText[closed].replace(/^its /, 'has nothing open, its ')}`, {
        closed,
      }),
    ]
  const { room, shares } = options.model
  const spare = (limit: 'max' | 'hard') => {
    const { bytes, most } = room.filled(node, 0, limit)
    return Math.max(0, most - bytes)
  }
  const text = `${formatBytes(spare('max'))} more fit below ${formatPercent(question.settings.maxDiskUsage)}, for repair and relief ${formatBytes(spare('hard'))} below ${formatPercent(question.settings.hardDiskUsage)}`
  const lines = [line('room', text, { room_bytes: spare('max'), hard_room_bytes: spare('hard') })]
  const held = options.filters.occupied(node)
  const mayHold = state.nodeMaxReplicas[node]!
  if (held >= mayHold)
    lines.push(line('no_capacity', `it holds ${held} replicas, which is all it may hold`, { replicas: held }))
  const gets = report.plan.moves.filter((move) => givesTo(move, id)).length
  const holds = `it holds ${percentOf(shares.usedBytes[node]!, shares.fairBytes[node]!)} of its fair share`
  if (gets > 0) return [...lines, line('planned', `the plan brings it ${gets} replicas: ${holds}`, { moves: gets })]
  const about = violationsAbout(picture, id).find(({ kind }) => kind === 'node_underused')
  if (about)
    return [
      ...lines,
      line('node_underused', `it should receive: ${about.text}${waiting(about)}`, { gate: about.gate?.code }),
    ]
  return [...lines, line('not_needed', `nothing asks for it to receive: ${holds}`)]
}
