import { builtinModules } from 'node:module'
import { arrows, clockFiles, onlyImporter, pureRooms, rooms } from './arrows.mjs'

/** Row of the table → glob of the files it covers. */
const glob = (entry) => (isFile(entry) ? `src/${entry.replace(/\.ts$/, '')}.ts` : `src/${entry}/**`)
const isFile = (entry) => entry === 'main' || entry.endsWith('.ts')

/** What a relative import begins with; `src/` for those that leave it and come back. */
const up = '^(\\.\\.?/)+(src/)?'

/** Patterns against every import that leaves the row towards a room it may not see. */
const forbiddenFor = (entry) => {
  const allowed = arrows[entry]
  const message = `${entry} may import only ${allowed.join(', ') || 'nothing of ours'}.`
  const [own] = entry.split('/')
  const closed = rooms.filter((room) => room !== own && room !== 'systems' && !allowed.includes(room))
  const patterns = closed.map((room) => ({ regex: `${up}${room === 'main' ? 'main\\.ts$' : `${room}(/|$)`}`, message }))
  return allowed.includes('systems') ? patterns : [...patterns, ...forbiddenSystems(entry, message)]
}

/** Within systems/ everybody keeps to himself and port.ts; from outside it is port.ts or nothing. */
const forbiddenSystems = (entry, message) => {
  if (!entry.startsWith('systems/')) {
    const port = arrows[entry].includes('systems/port.ts') ? ['!**/systems/port.ts'] : []
    return [{ group: ['./**/systems/**', '../**/systems/**', ...port], message }]
  }
  const others = Object.keys(arrows).filter(
    (name) => name.startsWith('systems/') && name !== entry && name !== 'systems/port.ts',
  )
  return others.map((name) => ({ regex: `${up}(systems/)?${name.slice('systems/'.length)}(/|$)`, message }))
}

const matches = (file, globs) => globs.some((g) => file === g || (g.endsWith('/**') && file.startsWith(g.slice(0, -2))))

// With and without "node:".
const modules = (names) => names.flatMap((name) => [name, `node:${name}`])
const clockModules = modules(['timers', 'timers/promises', 'perf_hooks'])
const bareModules = builtinModules.filter((name) => name !== 'path' && !name.includes(':'))

const restrictedImports = (entry, file, pure) => [
  'error',
  {
    paths: [
      ...Object.entries(onlyImporter)
        .filter(([, files]) => !matches(file, files))
        .map(([name, files]) => ({ name, message: `${name} is imported in ${files.join(', ')} only.` })),
      ...(pure ? bareModules.map((name) => ({ name, message: `${entry}/ is pure: no I/O.` })) : []),
      ...(pure || clockFiles.includes(file) ? [] : clockModules.map((name) => ({ name, message: fromClock }))),
    ],
    patterns: [
      ...forbiddenFor(entry),
      ...(pure ? [{ group: ['node:*', 'node:*/**', '!node:path'], message: `${entry}/ is pure: no I/O.` }] : []),
      ...Object.entries(onlyImporter)
        .filter(([, files]) => !matches(file, files))
        .map(([name, files]) => ({ regex: `^${name}/`, message: `${name} is imported in ${files.join(', ')} only.` })),
    ],
  },
]

const fromClock = 'Time comes from a Clock of lib/clock.ts.'
const clockNames = ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate']
const clockGlobals = clockNames.map((name) => ({ name, message: fromClock }))
const ioGlobals = ['process', 'fetch', 'crypto', 'globalThis', 'global', 'console'].map((name) => ({
  name,
  message: 'This room is pure.',
}))
const random = { object: 'Math', property: 'random', message: 'Randomness is seeded: lib/random.ts.' }
const clockProperties = ['globalThis', 'global'].flatMap((object) =>
  clockNames.map((property) => ({ object, property, message: fromClock })),
)
const hrtime = { object: 'process', property: 'hrtime', message: fromClock }

/** Overlapping overrides replace a rule's options, so each gets one complete entry. */
const override = (entry, file, pure) => ({
  files: [file],
  rules: {
    'no-restricted-imports': restrictedImports(entry, file, pure),
    ...(clockFiles.includes(file)
      ? { 'no-restricted-globals': 'off', 'no-restricted-properties': ['error', random] }
      : {
          'no-restricted-globals': ['error', ...clockGlobals, ...(pure ? ioGlobals : [])],
          'no-restricted-properties': ['error', random, hrtime, ...clockProperties],
        }),
  },
})

// First the rooms, then the single files that differ from their room.
const roomOverrides = Object.keys(arrows).map((entry) => override(entry, glob(entry), entry in pureRooms))
const singleFiles = [...Object.values(onlyImporter), ...Object.values(pureRooms), clockFiles].flat()
const fileOverrides = [...new Set(singleFiles)]
  .filter((file) => !file.endsWith('**'))
  .map((file) => {
    const entry = Object.keys(arrows).find((name) => matches(file, [glob(name)]))
    const pure = entry in pureRooms && !pureRooms[entry].includes(file)
    return override(entry, file, pure)
  })

export default {
  plugins: ['typescript', 'import', 'unicorn', 'oxc'],
  options: { typeAware: true },
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['dist/**', 'node_modules/**', '.cache/**'],
  rules: {
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'typescript/no-misused-promises': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'unicorn/require-post-message-target-origin': 'off',
    'no-await-in-loop': 'off',
    'import/no-unassigned-import': 'off',
    'no-shadow': 'off',
    'unicorn/no-array-sort': 'off',
  },
  overrides: [
    ...roomOverrides,
    ...fileOverrides,
    // It runs in a browser, where there is no Clock of ours.
    { files: ['src/http/page/client.js'], env: { browser: true }, rules: { 'no-restricted-globals': 'off' } },
    // A helper inside of a test stands where it is read.
    { files: ['test/**'], rules: { 'unicorn/consistent-function-scoping': 'off' } },
  ],
}
