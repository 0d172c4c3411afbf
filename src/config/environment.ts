/** `${NAME}` and `${NAME:-default}` in values of a config. They are put in after parsing: what they hold cannot add a key. */

interface Substituted {
  text: string
  /** Variables whose values are in it now. */
  names: string[]
  /** What is wrong with it; never with a value. */
  problem?: string
}

/** `$${` stands for `${` itself. As in a shell, a default also stands in for a variable that is set to nothing. */
export function substitute(text: string, env: Record<string, string | undefined>): Substituted {
  const names: string[] = []
  let problem: string | undefined
  const replaced = text.replace(/\$\$\{|\$\{([^}]*)\}?/g, (whole) => {
    if (whole === '$${') return '${'
    const match = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}$/.exec(whole)
    if (!match) {
      problem = 'expected ${NAME} or ${NAME:-default}; write $${ for a plain ${'
      return ''
    }
    const [, name = '', fallback] = match
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (value !== undefined && (value !== '' || fallback === undefined)) {
      names.push(name)
      return value
    }
    if (fallback === undefined) problem = `the environment variable ${name} is not set`
    return fallback ?? ''
  })
  return { text: replaced, names, ...(problem === undefined ? {} : { problem }) }
}
