import type { z } from 'zod'
import type { ReadDocument } from './document.ts'
import { formatPath, type Problem } from './problem.ts'

type Issue = z.core.$ZodIssue

interface Finding {
  path: PropertyKey[]
  /** As it is told, where not all of it may be. */
  shown?: PropertyKey[]
  of: 'key' | 'value'
  message: string
}

/** What the schema found, each with its place in the text. */
export function problemsOf(issues: readonly Issue[], document: ReadDocument): Problem[] {
  return issues
    .flatMap((issue) => findings(issue, []))
    .map(({ path, shown = path, of, message }) => ({ ...document.place(path, of), path: formatPath(shown), message }))
}

/** A key of nobody's is only repeated where it looks like one: in `{ password:x }` the space that is missing makes a key of a secret. */
function shownKey(key: string): string {
  return /^[A-Za-z_]{1,64}$/.test(key) ? key : '?'
}

function findings(issue: Issue, above: readonly PropertyKey[]): Finding[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    // block() gives one line of message per key.
    const messages = issue.message.split('\n')
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      shown: [...path, shownKey(key)],
      of: 'key',
      message: messages[index]!,
    }))
  }
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.find((branch) => branch.every((inner) => isInside(inner)))
    if (meant) return meant.flatMap((inner) => findings(inner, path))
  }
  return [{ path, of: 'value', message: issue.message }]
}

/** Whether the value was of the branch's kind, so that the branch can say what is wrong in it. */
function isInside(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys' || issue.code === 'custom'
}
