/** A real Alertmanager on loopback for the length of a test. */
import { freePort } from '../ports.ts'
import { freshDir, launch } from '../sandbox.ts'

/** An alert that it has got. */
export interface ReceivedAlert {
  labels: Record<string, string>
  receivers: { name: string }[]
  status: {
    state: 'active' | 'suppressed' | 'unprocessed'
    /** Fingerprints of those that make it superfluous. */
    inhibitedBy: string[]
  }
  fingerprint: string
}

/** Made by `startAlertmanager`. */
export interface Alertmanager {
  /** host:port */
  address: string
  alerts(): Promise<ReceivedAlert[]>
  stop(): Promise<void>
}

/** Starts it with a config file as it is. @throws Error with what it printed when it does not start */
export async function startAlertmanager(config: string): Promise<Alertmanager> {
  const address = `127.0.0.1:${await freePort()}`
  const process = await launch('prometheus-alertmanager', [
    `--config.file=${config}`,
    `--web.listen-address=${address}`,
    // Alone: it would look for others on every interface.
    '--cluster.listen-address=',
    `--storage.path=${await freshDir('alertmanager')}`,
  ])
  try {
    await process.printed('Listening on', 20_000)
  } catch (error) {
    await process.end('SIGKILL')
    throw error
  }
  return {
    address,
    async alerts() {
      const response = await fetch(`http://${address}/api/v2/alerts`, { signal: AbortSignal.timeout(10_000) })
      return (await response.json()) as ReceivedAlert[]
    },
    stop: () => process.end('SIGTERM'),
  }
}
