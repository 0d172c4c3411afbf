import { TransportError } from './transport-error.ts'
import type { Api } from './wire/api.ts'

/** The versions of one API, both ends included. */
export interface VersionRange {
  min: number
  max: number
}

/**
 * The highest version that we and the broker at `where` both speak.
 * @throws TransportError `unsupported` naming both ranges when there is none.
 */
export function negotiate(api: Api<never, unknown>, served: VersionRange | undefined, where: string): number {
  const ours = `we speak ${api.min}-${api.max}`
  if (!served) throw new TransportError('unsupported', `${where} does not serve ${api.name}; ${ours}`)
  const version = Math.min(api.max, served.max)
  if (version >= Math.max(api.min, served.min)) return version
  throw new TransportError('unsupported', `${where} serves ${api.name} ${served.min}-${served.max}; ${ours}`)
}
