import { createPrivateKey, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { messageOf } from '../lib/errors.ts'
import { Secret } from '../lib/secret.ts'
import { address } from './address.ts'
import { block, expected, list, oneOf, rules, text } from './values.ts'

/** Text of a file that a config names; relative paths start at the config's folder. Throws what fs throws. */
export type ReadText = (path: string) => string

const mechanisms = {
  PLAIN: 'plain',
  'SCRAM-SHA-256': 'scram-sha-256',
  'SCRAM-SHA-512': 'scram-sha-512',
} as const

/** The keys of a cluster with `system: kafka` that are Kafka's own. */
export function kafkaShape(read: ReadText) {
  return {
    bootstrap_servers: list(address(1), 'host:port addresses')
      .min(1, { error: 'expected at least one host:port' })
      .describe('Brokers to ask first; the others are found through them.'),
    tls: z
      .union([z.literal(true), tlsBlock(read)], {
        error: expected('true or a block with ca_file, cert_file, key_file'),
      })
      .describe('Absent: plain text. true: the system’s certificate authorities.')
      .exactOptional(),
    sasl: saslBlock(read).describe('Absent: no authentication.').exactOptional(),
  }
}

function tlsBlock(read: ReadText) {
  const keys = block({
    ca_file: pemFile(read, 'certificates', isCertificate)
      .describe('Authorities to trust instead of the system’s.')
      .exactOptional(),
    cert_file: pemFile(read, 'certificates', isCertificate).describe('Certificate of the client.').exactOptional(),
    key_file: pemFile(read, 'an unencrypted private key', isPrivateKey)
      .describe('Key of that certificate.')
      .exactOptional(),
    server_name: text('a host name').describe('Name to expect in the certificate.').exactOptional(),
  })
  return rules(keys, ({ cert_file, key_file }, problem) => {
    if (cert_file !== undefined && key_file === undefined) problem('is missing: cert_file needs it', 'key_file')
    if (key_file !== undefined && cert_file === undefined) problem('is missing: key_file needs it', 'cert_file')
    if (!isCertificate(cert_file) || !isPrivateKey(key_file)) return
    if (!new X509Certificate(cert_file).checkPrivateKey(createPrivateKey(key_file))) {
      problem('is not the key of the certificate in cert_file', 'key_file')
    }
  }).transform(({ ca_file, cert_file, key_file, server_name }) => ({
    ...(ca_file === undefined ? {} : { ca: ca_file }),
    ...(cert_file === undefined ? {} : { cert: cert_file }),
    ...(key_file === undefined ? {} : { key: new Secret(key_file) }),
    ...(server_name === undefined ? {} : { servername: server_name }),
  }))
}

function saslBlock(read: ReadText) {
  const keys = block({
    mechanism: oneOf(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).describe('How the password is proven.'),
    username: text('a user name').describe('Who evenkeel is to the cluster.'),
    password: text('a password in quotes')
      .transform((password) => new Secret(password))
      .describe('Better written as ${VARIABLE} or kept in password_file.')
      .exactOptional(),
    password_file: file(read)
      .refine((content) => content.trim() !== '', { error: 'the file is empty' })
      .transform((content) => new Secret(content.replace(/\r?\n$/, '')))
      .describe('File that holds the password.')
      .exactOptional(),
  })
  return rules(keys, ({ password, password_file }, problem) => {
    if (password !== undefined && password_file !== undefined) problem('give password or password_file, not both')
    if (password === undefined && password_file === undefined) problem('password or password_file is missing')
  }).transform(({ mechanism, username, password, password_file }) => ({
    mechanism: mechanisms[mechanism],
    username,
    password: (password ?? password_file)!,
  }))
}

function pemFile(read: ReadText, what: string, is: (pem: unknown) => boolean) {
  return file(read).refine(is, { error: `the file does not hold ${what} in PEM format` })
}

/** → the file's text. */
function file(read: ReadText) {
  return text('the path of a file').transform((path, context) => {
    try {
      return read(path)
    } catch (error) {
      context.addIssue({ code: 'custom', message: `the file cannot be read: ${reasonOf(error)}` })
      return z.NEVER
    }
  })
}

/** Why a file cannot be read, without its path: the position in the config says which. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'no such file (a relative path starts at the folder of the config)'
  if (code === 'EACCES') return 'permission denied'
  if (code === 'EISDIR') return 'it is a directory'
  return code ?? messageOf(error)
}

function isCertificate(pem: unknown): pem is string {
  return typeof pem === 'string' && succeeds(() => new X509Certificate(pem))
}

function isPrivateKey(pem: unknown): pem is string {
  return typeof pem === 'string' && succeeds(() => createPrivateKey(pem))
}

function succeeds(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
