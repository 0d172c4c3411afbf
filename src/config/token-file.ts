/** The file of those who may use the control listener: a line `ROLE TOKEN [NAME]` each. */
import { z } from 'zod'
import { Secret } from '../lib/secret.ts'
import { file, type ReadText } from './secret-files.ts'

const tokenRoles = ['viewer', 'operator'] as const

export interface TokenConfig {
  role: (typeof tokenRoles)[number]
  token: Secret
  name: string
}

const SHORTEST = 16
/** In the audit trail: what was nobody's wish, and what was asked for without a token. */
const ours = ['evenkeel', 'local']

/** → the tokens in their order; a line without a name is called after its role and line. */
export function tokenFile(read: ReadText) {
  return file(read).transform((content, context): TokenConfig[] => {
    const tokens: TokenConfig[] = []
    const refuse = (line: number, message: string) =>
      context.addIssue({ code: 'custom', message: `line ${line} of the file: ${message}` })
    content.split('\n').forEach((text, index) => {
      const line = index + 1
      const words = text.trim().split(/\s+/)
      const [word = '', token = '', name = `${word} of line ${line}`, ...more] = words
      if (word === '' || word.startsWith('#')) return
      const role = tokenRoles.find((one) => one === word)
      if (role === undefined) return refuse(line, `expected ${tokenRoles.join(' or ')}, a token, and perhaps a name`)
      if (token.length < SHORTEST) return refuse(line, `expected a token of at least ${SHORTEST} characters`)
      if (ours.includes(name))
        return refuse(line, `expected another name: ${name} is what evenkeel calls itself or nobody`)
      if (more.length > 0) return refuse(line, 'expected nothing after the name')
      if (tokens.some((other) => other.token.reveal() === token)) return refuse(line, 'this token is there already')
      tokens.push({ role, token: new Secret(token), name })
    })
    if (tokens.length > 0 || context.issues.length > 0) return tokens
    context.addIssue({ code: 'custom', message: 'the file holds no token: a line is ROLE TOKEN [NAME]' })
    return z.NEVER
  })
}
