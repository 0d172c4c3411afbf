/** The keys of a cluster with `system: pinot` that are Pinot's own. */
import { Secret } from '../lib/secret.ts'
import { type ReadText, secretFile, tlsKey } from './secret-files.ts'
import { block, list, quantity, rules, text } from './values.ts'

export function pinotShape(read: ReadText) {
  return {
    controller_urls: list(controllerUrl, 'URLs of controllers')
      .min(1, { error: 'expected at least one URL of a controller' })
      .describe('Controllers, the first that answers being asked; all of one cluster.'),
    zookeeper: zooKeeperBlock(read).describe('How the state of the cluster is read at its source.').exactOptional(),
    auth: authBlock(read).describe('Who evenkeel is to the controllers. Absent: nobody.').exactOptional(),
    tls: tlsKey(read).describe('For https URLs. Absent or true: the system’s certificate authorities.').exactOptional(),
  }
}

function zooKeeperBlock(read: ReadText) {
  return block({
    connect: quantity('host:port,host:port/path, such as zk-0:2181,zk-1:2181/pinot', zooKeeper)
      .describe(
        'Where the cluster keeps its state; the path is that of its `pinot.zk.server`. Absent: it is read through the controllers.',
      )
      .exactOptional(),
    digest_file: secretFile(read)
      .describe('File that holds user:password of the ZooKeeper scheme digest, shown to `connect`.')
      .exactOptional(),
  }).transform(({ connect, digest_file }) => ({
    ...(connect === undefined ? {} : { connect }),
    ...(digest_file === undefined ? {} : { digest: digest_file }),
  }))
}

/** → without a slash at its end. */
const controllerUrl = quantity('an http or https URL such as https://pinot-controller:9000', (input) => {
  let url: URL
  try {
    url = new URL(input)
  } catch {
    return undefined
  }
  // A password in a URL would be shown wherever the URL is.
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  return /^https?:$/.test(url.protocol) && isPlain ? input.replace(/\/+$/, '') : undefined
})

function zooKeeper(input: string): string | undefined {
  const [hosts = '', ...path] = input.split('/')
  const areHosts = hosts.split(',').every((host) => /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/.test(host))
  return areHosts && path.every((part) => part !== '') ? input : undefined
}

function authBlock(read: ReadText) {
  const keys = block({
    username: text('a user name').describe('For basic authentication.').exactOptional(),
    password: secret('a password').describe('Better written as ${VARIABLE} or kept in password_file.').exactOptional(),
    password_file: secretFile(read).describe('File that holds the password.').exactOptional(),
    token: secret('a token')
      .describe('A bearer token, without the word Bearer; Pinot’s own access controls know none.')
      .exactOptional(),
    token_file: secretFile(read).describe('File that holds the token.').exactOptional(),
  })
  return rules(keys, ({ username, password, password_file, token, token_file }, problem) => {
    const given = [password, password_file, token, token_file].filter((value) => value !== undefined)
    if (given.length > 1) problem('give one of password, password_file, token and token_file')
    if (given.length === 0) problem('password, password_file, token or token_file is missing')
    const isToken = token !== undefined || token_file !== undefined
    if (isToken && username !== undefined)
      problem('does not go with a token, which says itself whose it is', 'username')
    if (!isToken && username === undefined) problem('is missing: a user name', 'username')
  }).transform(({ username, password, password_file, token, token_file }) =>
    username === undefined ? { token: (token ?? token_file)! } : { username, password: (password ?? password_file)! },
  )
}

function secret(what: string) {
  return text(`${what} in quotes`).transform((content) => new Secret(content))
}
