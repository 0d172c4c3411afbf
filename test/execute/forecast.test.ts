import { describe, expect, test } from 'vitest'
import { forecasts } from '../../src/execute/forecast.ts'

const copy = (left: number, perSecond: number, to = 4, leader = 1) => ({ to, leader, left, perSecond })

describe('when copies end', () => {
  test('one alone: at its speed', () => {
    expect(forecasts([copy(100, 10)])).toEqual([10_000])
  })

  test('those into one node end, slow or fast, by when all bytes are there', () => {
    // 60 bytes come in 6 s, of which the slow one has 18; its other 42 then come at the whole 13 a second.
    expect(forecasts([copy(60, 10), copy(60, 3, 4, 2)])).toEqual([6_000, (120 / 13) * 1000])
    expect(forecasts([copy(60, 3), copy(60, 10, 4, 2)])).toEqual([(120 / 13) * 1000, 6_000])
  })

  test('those out of one node share its rate as well', () => {
    expect(forecasts([copy(60, 10, 4), copy(60, 3, 5)])).toEqual([6_000, (120 / 13) * 1000])
  })

  test('those that share no node have nothing of each other', () => {
    expect(forecasts([copy(60, 10, 4, 1), copy(60, 3, 5, 2)])).toEqual([6_000, 20_000])
  })

  test('as fast as each other: as if each were alone', () => {
    expect(forecasts([copy(60, 5), copy(60, 5), copy(60, 5)])).toEqual([12_000, 12_000, 12_000])
  })
})
