/** Before tests that run evenkeel as processes: what they run must be of the sources as they are now. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export default function build(): void {
  const main = join(root, 'dist/main.js')
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map((name) =>
    join(root, 'src', name),
  )
  const isNewer = (file: string) => statSync(file).mtimeMs > statSync(main).mtimeMs
  if (existsSync(main) && !sources.some(isNewer)) return
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
}
