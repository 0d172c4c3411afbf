/** What stands against a TLS connection, in the words of the config: those of OpenSSL say neither who nor what to do. */
/** Of the options with which a connection was tried. */
interface Tried {
  servername?: string | undefined
  ca?: unknown
  cert?: unknown
}

/**
 * Undefined when it is no matter of TLS.
 * @param code of the error of Node's socket.
 */
export function tlsTrouble(
  { code, message }: { code: unknown; message: string },
  tls: Tried | true | undefined,
  host: string,
): string | undefined {
  if (tls === undefined) return undefined
  const options = tls === true ? {} : tls
  const name = options.servername ?? host
  const authority = options.ca === undefined ? 'this system trusts' : 'tls.ca_file names'
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired'
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet: do the clocks agree?'
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
      return `its certificate is not signed by an authority that ${authority}`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is not for ${name}: tls.server_name says which name to expect`
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return 'it does not speak TLS'
    case 'ECONNRESET':
      return message.includes('before secure TLS') ? 'it does not speak TLS' : undefined
    default:
      // Alerts of the other side: certificate required, bad, unknown, expired, or of an unknown authority.
      if (!/^ERR_SSL_.*ALERT.*(CERTIFICATE|UNKNOWN_CA)/.test(String(code))) return undefined
      return options.cert === undefined
        ? 'it wants a certificate of the client: tls.cert_file and tls.key_file'
        : 'it does not accept the certificate of the client in tls.cert_file'
  }
}
