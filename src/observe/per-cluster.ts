import type { LoopEvent } from '../cluster/events.ts'

/** An observer that follows each cluster by itself, from its first event on. */
export function perCluster(follow: (cluster: string) => (event: LoopEvent) => void): (event: LoopEvent) => void {
  const followers = new Map<string, (event: LoopEvent) => void>()
  return (event) => {
    const follower = followers.get(event.cluster) ?? follow(event.cluster)
    followers.set(event.cluster, follower)
    follower(event)
  }
}
