/** The config of the daemon: what of it is in force, and having it read anew. */
import type { Asker } from '../cluster/process-events.ts'
import type { ConfigAnswer, ReloadAnswer } from './answers.ts'
import { type OfCluster, only } from './control-api.ts'
import type { RouteParts } from './route.ts'

/** Of one cluster, or all. @throws Problem */
export function configJson({ cluster }: OfCluster, { view, config }: RouteParts): ConfigAnswer {
  const inForce = config.inForce()
  if (cluster === undefined) return inForce
  const { name } = only(view, cluster)
  return { ...inForce, settings: inForce.settings.filter((setting) => setting.cluster === name) }
}

/** @throws Problem `config_refused` when the file is wrong */
export function reloadJson(
  { reason }: { reason?: string },
  { config, onAction }: RouteParts,
  caller: Asker,
): ReloadAnswer {
  const changes = config.reload()
  onAction({ action: 'reload', ...caller, ...(reason !== undefined && { reason }) })
  return { changes }
}
