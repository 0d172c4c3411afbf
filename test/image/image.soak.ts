/** The container image: built from the Dockerfile, looked into, and run as tightly as one can, on a simulated and on a real cluster. */
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect } from 'vitest'
import { guardLeaks } from '../clusters/leaks.ts'
import { buildImage } from './build.ts'
import { contents } from './contents.ts'
import { needEngine, podman } from './engine.ts'
import { heldTightly } from './held-tightly.ts'
import { onKafka } from './on-kafka.ts'

const revision = 'a1b2c3d'

const bridges = () => readdirSync('/sys/class/net').filter((name) => name.startsWith('cni'))
const bridgesBefore = bridges()

guardLeaks()
beforeAll(async () => {
  needEngine()
  await buildImage(revision)
})
afterAll(async () => {
  await podman('rm', '--all', '--force', '--volumes', '--time=0')
  expect(bridges()).toEqual(bridgesBefore)
})

contents(revision)
heldTightly(revision)
onKafka()
