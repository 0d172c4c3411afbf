/** An authority and certificates of its own, made by openssl for one run. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from '../make.ts'
import { freshDir } from '../sandbox.ts'

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** A certificate with its key. */
export interface Identity {
  certFile: string
  keyFile: string
  /** Key and certificate in one file, as a broker's PEM keystore wants them. */
  keystore: string
}

export class Authority {
  /** Its certificate. */
  readonly file: string
  readonly #dir: string

  private constructor(dir: string) {
    this.#dir = dir
    this.file = join(dir, 'ca.pem')
  }

  static async make(): Promise<Authority> {
    const authority = new Authority(await freshDir('certificates'))
    await openssl(
      ['req', '-x509', ...newKey, '-subj', '/CN=Test CA', '-days', '2', '-out', 'ca.pem', '-keyout', 'ca.key'],
      authority.#dir,
    )
    return authority
  }

  /**
   * @param names subject alternative names, such as `IP:127.0.0.1`.
   * @param days until it expires; it begins now, so that one of less than a day has expired.
   */
  async sign(name: string, names: string, days = 1): Promise<Identity> {
    const dir = this.#dir
    await writeFile(join(dir, `${name}.ext`), `subjectAltName=${names}\n`)
    await openssl(['req', ...newKey, '-subj', `/CN=${name}`, '-out', `${name}.csr`, '-keyout', `${name}.key`], dir)
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`, '-days', `${days}`]
    await openssl(['x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.pem`], dir)
    const [certFile, keyFile, keystore] = [`${name}.pem`, `${name}.key`, `${name}.store`].map((file) => join(dir, file))
    await writeFile(keystore!, (await readFile(keyFile!, 'utf8')) + (await readFile(certFile!, 'utf8')))
    return { certFile: certFile!, keyFile: keyFile!, keystore: keystore! }
  }
}

const openssl = (args: string[], cwd: string) =>
  mustRun('openssl', args, { cwd, deadlineMs: 30_000, otherwise: `openssl ${args[0]} failed` })
