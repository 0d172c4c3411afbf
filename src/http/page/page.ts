/** The status page: its frame for whoever may reach the listener, its content for those who may look. */
import { z } from 'zod'
import { find } from '../control-api.ts'
import { cluster, readFields } from '../fields.ts'
import { problemOf } from '../problem.ts'
import type { RouteParts } from '../route.ts'
import { pageBody } from './body.ts'
import { contentSecurityPolicy, shell } from './shell.ts'

const fields = z.strictObject({ cluster })

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
    return pageBody({ views, view: shown, decisions, configRefused: config.refusal(), nowMs: clock.now() }).text
  } catch (error) {
    throw problemOf(error)
  }
}
