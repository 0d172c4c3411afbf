import { arrows, clockFiles, onlyImporter, pureRooms, rooms } from './arrows.mjs'

/** Room entry → glob of the files it covers. */
const glob = (entry) => (entry === 'main' || entry.endsWith('.ts') ? `src/${entry.replace(/\.ts$/, '')}.ts` : `src/${entry}/**`)

/** A regular expression for relative imports that leave the room towards anything of `entry`. */
const towards = (entry) => {
  const path = entry.endsWith('.ts') ? entry.replace('.', '\\.') : entry === 'main' ? 'main\\.ts$' : `${entry}(/|$)`
  return `^(\\.\\.?/)+(src/)?${path}`
}

/** systems/* siblings also import each other as ../kafka/…, so they are forbidden by their short name too. */
const forbiddenFor = (entry) => {
  const allowed = arrows[entry]
  const own = entry.split('/')[0]
  const patterns = []
  for (const room of rooms) {
    if (room === own && own !== 'systems') continue
    if (allowed.includes(room)) continue
    if (room === 'systems') {
      const systems = Object.keys(arrows).filter((name) => name.startsWith('systems/') && name !== 'systems/port.ts' && name !== entry)
      const files = ['run.ts', ...systems.map((name) => name.slice('systems/'.length))]
      if (entry.startsWith('systems/')) {
        for (const name of files) patterns.push({ regex: `^(\\.\\./)+(systems/)?${name.replace('.', '\\.')}(/|$)`, message: `${entry} may import only ${allowed.join(', ')}.` })
        if (entry === 'systems/port.ts') for (const name of files) patterns.push({ regex: `^\\./${name}(/|$)`, message: `${entry} may import only ${allowed.join(', ')}.` })
      } else {
        for (const name of systems) patterns.push({ regex: towards(name), message: `${entry} may import only ${allowed.join(', ')}.` })
        if (!allowed.includes('systems/port.ts')) patterns.push({ regex: towards('systems/port.ts'), message: `${entry} may import only ${allowed.join(', ')}.` })
      }
      continue
    }
    patterns.push({ regex: towards(room), message: `${entry} may import only ${allowed.join(', ') || 'nothing of ours'}.` })
  }
  return patterns
}

const matches = (file, globs) => globs.some((g) => file === g || (g.endsWith('/**') && file.startsWith(g.slice(0, -2))))

const restrictedImports = (entry, file, pure) => [
  'error',
  {
    paths: Object.entries(onlyImporter)
      .filter(([, files]) => !matches(file, files))
      .map(([name, files]) => ({ name, message: `${name} is imported in ${files.join(', ')} only.` })),
    patterns: [
      ...forbiddenFor(entry),
      ...(pure ? [{ group: ['node:*', '!node:path'], message: `${entry}/ is pure: no I/O.` }] : []),
    ],
  },
]

const clockGlobals = ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
  name,
  message: 'Time comes from a Clock of lib/clock.ts.',
}))
const ioGlobals = ['process', 'fetch', 'crypto', 'globalThis', 'console'].map((name) => ({ name, message: 'This room is pure.' }))
const noRandom = ['error', { object: 'Math', property: 'random', message: 'Randomness is seeded: lib/random.ts.' }]

// Overlapping overrides replace a rule's options, so each gets one complete entry: first the rooms, then the single files that differ.
const roomOverrides = Object.keys(arrows).map((entry) => {
  const pure = entry in pureRooms
  return {
    files: [glob(entry)],
    rules: {
      'no-restricted-imports': restrictedImports(entry, glob(entry), pure),
      'no-restricted-globals': ['error', ...clockGlobals, ...(pure ? ioGlobals : [])],
      'no-restricted-properties': noRandom,
    },
  }
})
const singleFiles = new Set([...Object.values(onlyImporter).flat().filter((file) => !file.endsWith('**')), ...Object.values(pureRooms).flat()])
const fileOverrides = [...singleFiles].map((file) => {
  const entry = Object.keys(arrows).find((name) => matches(file, [glob(name)]))
  return {
    files: [file],
    rules: {
      'no-restricted-imports': restrictedImports(entry, file, false),
      'no-restricted-globals': ['error', ...clockGlobals],
      'no-restricted-properties': noRandom,
    },
  }
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
    { files: clockFiles, rules: { 'no-restricted-globals': 'off' } },
  ],
}
