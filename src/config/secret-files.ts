/** Secrets, keys and certificates that a config keeps in files of their own. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { messageOf } from '../lib/errors.ts'
import { Secret } from '../lib/secret.ts'
import { block, expected, rules, text } from './values.ts'

/** Text of a file that a config names; relative paths start at the config's folder. Throws what fs throws. */
export type ReadText = (path: string) => string

/** `true` or a block of files → `true` or the contents. */
export function tlsKey(read: ReadText) {
  return z.union([z.literal(true), tlsBlock(read)], {
    error: expected('true or a block with ca_file, cert_file, key_file'),
  })
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

/** → what the file holds, without its last line end. */
export function secretFile(read: ReadText) {
  return file(read)
    .refine((content) => content.trim() !== '', { error: 'the file is empty' })
    .transform((content) => new Secret(content.replace(/\r?\n$/, '')))
}

function pemFile(read: ReadText, what: string, is: (pem: unknown) => boolean) {
  return file(read).refine(is, { error: `the file does not hold ${what} in PEM format` })
}

/** → the file's text. */
export function file(read: ReadText) {
  return text('the path of a file').transform((path, context) => {
    try {
      return read(path)
    } catch (error) {
      context.addIssue({ code: 'custom', message: `the file cannot be read: ${reasonOf(error)}` })
      return z.NEVER
    }
  })
}

/** @throws what fs throws; Error for what is no regular file: a pipe would wait for somebody who writes, a device may have no end. */
export const readText: ReadText = (path) => {
  const seen = statSync(path)
  if (!seen.isFile() && !seen.isDirectory()) throw new Error('it is no regular file')
  return readFileSync(path, 'utf8')
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
