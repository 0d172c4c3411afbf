import { Secret } from '../lib/secret.ts'
import { address } from './address.ts'
import { type ReadText, secretFile, tlsKey } from './secret-files.ts'
import { block, list, oneOf, rules, text } from './values.ts'

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
    tls: tlsKey(read).describe('Absent: plain text. true: the system’s certificate authorities.').exactOptional(),
    sasl: saslBlock(read).describe('Absent: no authentication.').exactOptional(),
  }
}

function saslBlock(read: ReadText) {
  const keys = block({
    mechanism: oneOf(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).describe('How the password is proven.'),
    username: text('a user name').describe('Who evenkeel is to the cluster.'),
    password: text('a password in quotes')
      .transform((password) => new Secret(password))
      .describe('Better written as ${VARIABLE} or kept in password_file.')
      .exactOptional(),
    password_file: secretFile(read).describe('File that holds the password.').exactOptional(),
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
