/** The control interface of a daemon that is not there, and a clock for those who wait for it. */
import type { ClusterView, DaemonControl, DaemonExplanations } from '../../src/daemon/view.ts'
import type { Token } from '../../src/http/auth.ts'
import { type Server, startServer } from '../../src/http/server.ts'
import { type Clock, VirtualClock } from '../../src/lib/clock.ts'
import { unaudited, unconfigured, unexplained } from '../http/support.ts'
import { noon } from '../observe/support.ts'

interface Served {
  /** One cluster, or several. */
  view: () => ClusterView | ClusterView[]
  control: DaemonControl
  configRefused?: () => string | undefined
  explanations?: DaemonExplanations
  tokens?: readonly Token[]
  /** 0: any that is free. */
  port?: number
}

export async function serveDaemon(served: Served): Promise<{ server: Server; url: string }> {
  const { view, control, configRefused = () => undefined, explanations = unexplained, tokens, port = 0 } = served
  const server = await startServer({
    view: { clusters: () => [view()].flat() },
    control,
    explanations,
    clock: new VirtualClock(noon),
    tokens: () => tokens,
    onAction: () => undefined,
    audit: unaudited,
    config: { ...unconfigured, refusal: configRefused },
    render: async () => ({ contentType: 'text/plain', body: '' }),
    metricsListen: { host: '127.0.0.1', port: 0 },
    controlListen: { host: '127.0.0.1', port },
    onRequest: () => undefined,
    onError: () => undefined,
  })
  return { server, url: `http://127.0.0.1:${server.control.port}` }
}

/** Time passes only while somebody sleeps, and then at once; at each sleep the next thing happens. */
export function scripted(...happenings: (() => unknown)[]): Clock {
  let nowMs = noon
  return {
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms
      await happenings.shift()?.()
    },
  }
}
