/** Who we are to the controllers, and what it means when they refuse. */
import { EvenkeelError, messageOf } from '../../../lib/errors.ts'
import type { Secret } from '../../../lib/secret.ts'
import { type HttpAnswer, refusal } from './http.ts'

export type ControllerAuth = { username: string; password: Secret } | { token: Secret }

export class Access {
  readonly #auth: ControllerAuth | undefined

  constructor(auth: ControllerAuth | undefined) {
    this.#auth = auth
  }

  /** To be sent with every request. Secret. */
  get headers(): Record<string, string> {
    return this.#auth === undefined ? {} : { authorization: authorization(this.#auth) }
  }

  /** What an answer of another status than 2xx means, and what of it the config or a grant can mend. */
  refusal(method: string, answer: HttpAnswer): EvenkeelError {
    const error = refusal(method, answer)
    const hint = answer.status === 401 ? this.#unknown() : answer.status === 403 ? this.#notGranted() : undefined
    return hint === undefined ? error : new EvenkeelError(error.code, `${hint}: ${messageOf(error)}`)
  }

  #unknown(): string {
    if (this.#auth === undefined) return 'the controller wants to know who asks: `auth` is not set'
    if ('token' in this.#auth) return 'the controller does not accept the token in `auth`'
    return `the controller does not know user ${this.#auth.username}, or not by the password in \`auth\``
  }

  /** Some controllers answer so as well to whom they do not know. */
  #notGranted(): string {
    if (this.#auth === undefined) return 'the controller does not permit this to everybody: `auth` is not set'
    const [who, secret] =
      'token' in this.#auth ? ['the owner of the token', 'token'] : [`user ${this.#auth.username}`, 'password']
    return `the controller does not permit this to ${who}: a grant is missing (\`evenkeel permissions\`), or the ${secret} in \`auth\` is wrong`
  }
}

function authorization(auth: ControllerAuth): string {
  if ('token' in auth) return `Bearer ${auth.token.reveal()}`
  return `Basic ${Buffer.from(`${auth.username}:${auth.password.reveal()}`).toString('base64')}`
}
