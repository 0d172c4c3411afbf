import { expect, test } from 'vitest'
import { Rejections } from '../../src/plan/rejections.ts'

test('every rejection counts, the first three candidates that differ are kept as examples', () => {
  const rejections = new Rejections()
  for (const to of [5, 5, 6, 5, 7, 8]) rejections.add('rack_constraint', 0, 1, to)
  rejections.add('already_moving', 2, 1, 3)
  const found = new Map(rejections.list().map(({ reason, count, examples }) => [reason, { count, examples }]))
  expect(found.get('rack_constraint')).toEqual({
    count: 6,
    examples: [5, 6, 7].map((to) => ({ partition: 0, from: 1, to })),
  })
  expect(found.get('already_moving')?.count).toBe(1)
  expect(found.size).toBe(2)
})
