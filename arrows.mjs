/**
 * The arrow table: which room of src/ may import which, and what else is kept out of a room.
 * The linter's rules are computed from this one table (oxlint.config.mjs); test/arrows.test.ts plants a violation of each kind.
 */
export const rooms = [
  'main',
  'cli',
  'http',
  'daemon',
  'observe',
  'systems',
  'execute',
  'plan',
  'assess',
  'cluster',
  'config',
  'lib',
]

/** Room (or file of a room) → rooms and single files it may import besides its own. */
export const arrows = {
  main: ['cli'],
  cli: rooms.filter((room) => room !== 'main'),
  http: ['daemon', 'cluster', 'lib'],
  daemon: ['assess', 'plan', 'execute', 'systems/port.ts', 'cluster', 'lib'],
  observe: ['cluster', 'lib'],
  execute: ['systems/port.ts', 'cluster', 'lib'],
  'systems/port.ts': ['cluster', 'lib'],
  'systems/kafka': ['systems/port.ts', 'cluster', 'lib'],
  'systems/pinot': ['systems/port.ts', 'cluster', 'lib'],
  'systems/simulator': ['systems/port.ts', 'cluster', 'lib'],
  plan: ['cluster', 'lib'],
  assess: ['cluster', 'lib'],
  config: ['lib'],
  cluster: ['lib'],
  lib: [],
}

/** Rooms without I/O, clock or free randomness; listed files are the shells that may have them. */
export const pureRooms = { plan: ['src/plan/planner-worker.ts', 'src/plan/planner.ts'], assess: [], cluster: [] }

/** Only these files may touch Date and timers; every other room gets a Clock. */
export const clockFiles = ['src/lib/clock.ts', 'src/lib/iso-time.ts']

/** Library → the only files that may import it. */
export const onlyImporter = {
  'prom-client': ['src/observe/metrics.ts'],
  kafkajs: ['src/systems/kafka/transport.ts'],
  'node-zookeeper-client': ['src/systems/pinot/wire/zookeeper-client.ts'],
  undici: ['src/systems/pinot/wire/http.ts'],
  fastify: ['src/http/server.ts'],
  commander: ['src/cli/**'],
  '@bomb.sh/tab': ['src/cli/completion.ts'],
  yaml: ['src/config/**', 'src/cli/**'],
  zod: ['src/config/**', 'src/http/**'],
  pino: ['src/observe/log.ts'],
}
