/**
 * Completes package-lock.json so that `npm ci` passes on every platform.
 *
 * npm leaves optional per-platform packages out of the lock when it cannot see them while installing; `npm ci` then
 * calls the lock out of sync. For every optional dependency named in the lock without an entry this adds a bare one, its
 * os, cpu and libc read from the package's name. `--check` changes nothing and fails if an entry is missing.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const cpus = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']

const missing = {}
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    if (key in lock.packages || key in missing) continue
    const words = name.split(/[/-]/)
    const entry = { version, ...(parent.dev ? { dev: true } : {}), optional: true }
    const os = systems.filter((word) => words.includes(word))
    const cpu = cpus.filter((word) => words.includes(word))
    if (os.length > 0) entry.os = os
    if (cpu.length > 0) entry.cpu = cpu
    if (words.includes('musl')) entry.libc = ['musl']
    if (words.includes('gnu') && os.includes('linux')) entry.libc = ['glibc']
    missing[key] = entry
  }
}

const names = Object.keys(missing)
if (process.argv.includes('--check')) {
  if (names.length > 0) {
    console.error(
      `package-lock.json lacks ${names.length} optional packages (first: ${names[0]}): run node scripts/complete-lock.mjs`,
    )
    process.exitCode = 1
  }
} else if (names.length > 0) {
  const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  lock.packages = Object.fromEntries(sorted)
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(`package-lock.json: ${names.length} optional packages added`)
}
