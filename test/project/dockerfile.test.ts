/** What the Dockerfile repeats of other files; the image itself is tested in the soak suite. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const lines = (file: string) => readFileSync(file, 'utf8').split('\n')
const dockerfile = lines('Dockerfile')
const { version, description, license } = JSON.parse(readFileSync('package.json', 'utf8'))

test('the labels of the image are what the package says of itself', () => {
  const value = (start: RegExp) => dockerfile.find((line) => start.test(line))?.replace(start, '')
  expect(value(/^ARG VERSION=/)).toBe(version)
  expect(value(/^.*image\.description=/)).toBe(`"${description}" \\`)
  expect(value(/^.*image\.licenses=/)).toBe(`"${license}"`)
})

test('what is copied from the checkout is all that the build is given', () => {
  const copied = dockerfile
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(' ').slice(1, -1))
  const given = lines('.dockerignore').filter((line) => line.startsWith('!'))
  expect(given.map((line) => line.slice(1)).sort()).toEqual([...new Set(copied)].sort())
})
