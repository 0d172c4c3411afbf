/**
 * Plays the bad day of test/clusters/board and keeps the Prometheus that has seen it, for whoever wants to look: `npm run board`,
 * until Ctrl-C. Takes two minutes, Kafka, Prometheus and root.
 */
import { once } from 'node:events'
import { ReleaseStack } from '../src/lib/release-stack.ts'
import { play } from '../test/clusters/board/scenario.ts'
import { sweep } from '../test/clusters/sandbox.ts'

const enough = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
const open = new ReleaseStack()
try {
  const { prometheus, startedAt, endedAt } = await play(open)
  const since = `${Math.ceil(endedAt - startedAt)}s`
  console.log(`Prometheus: ${prometheus.url}/classic/graph`)
  console.log('Its pictures, of any cluster that it knows:')
  console.log(
    `  npm run preview -- --prometheus ${prometheus.url} --cluster kafka --since ${since} --end ${Math.floor(endedAt)} --scrape-interval 2s`,
  )
  await enough
} finally {
  await open.close()
  await sweep()
}
