import { quantity } from './values.ts'

export interface Address {
  host: string
  port: number
}

/** `host:port`, `[::1]:9092` → host without brackets and port. */
export function address(minPort: number) {
  return quantity('host:port, such as kafka-0:9092', (input): Address | undefined => {
    const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(input)
    const port = Number(match?.[3])
    return match && port >= minPort && port <= 65_535 ? { host: (match[1] ?? match[2])!, port } : undefined
  })
}

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}
