/** The status page: its frame for whoever may reach the listener, its content for those who may look. */
import { z } from 'zod'
import { find } from '../control-api.ts'
import { cluster, readFields } from '../fields.ts'
import { problemOf } from '../problem.ts'
import type { RouteParts } from '../route.ts'
import { pageBody } from './body.ts'
import { contentSecurityPolicy, shell } from './shell.ts'

const fields = z.strictObject({
  cluster,
  /** Of a large cluster: every node, or those of a rack. */
  nodes: z.literal('all').exactOptional(),
  rack: z.string().exactOptional(),
})

/** The frame, for everybody: it tells nothing. */
export const frame = {
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
  },
  text: shell.text,
}

/** The sections of one cluster, of the first where none is asked for. @throws Problem */
export function content(query: unknown, { view, explanations, config, clock }: RouteParts): string {
  const asked = readFields('query', fields, query)
  const views = view.clusters()
  const shown = asked.cluster === undefined ? views[0]! : find(view, asked.cluster)
  try {
    const decisions = explanations.decisions(shown.name)
    const facts = { views, view: shown, choice: asked, decisions, configRefused: config.refusal(), nowMs: clock.now() }
    return pageBody(facts).text
  } catch (error) {
    throw problemOf(error)
  }
}
