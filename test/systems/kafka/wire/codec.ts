import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Api } from '../../../../src/systems/kafka/wire/api.ts'
import { WireError } from '../../../../src/systems/kafka/wire/wire-error.ts'

/** Bytes as one reads them in the protocol: hex digits and 'quoted text', spaces for the eye. */
export function bytes(notation: string): Buffer {
  const parts = notation.match(/'[^']*'|[0-9a-f]+/g) ?? []
  return Buffer.concat(
    parts.map((part) => (part.startsWith("'") ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, 'hex'))),
  )
}

export interface CodecCases<Request, Response> {
  /** What the request of a version must look like, byte for byte. */
  requests: [version: number, request: Request, body: string][]
  /** What the answer of a version means; the first of a version is also cut short and damaged in every way. */
  answers: [version: number, body: string, response: Response][]
}

/** Checks one API against bytes written by hand: every version must have a request and an answer. */
export function checkCodec<Request, Response>(api: Api<Request, Response>, cases: CodecCases<Request, Response>): void {
  describe(api.name, () => {
    it('has bytes for every version', () => {
      const all = Array.from({ length: api.max - api.min + 1 }, (_, index) => api.min + index)
      expect([...new Set(cases.requests.map(([version]) => version))]).toEqual(all)
      expect([...new Set(cases.answers.map(([version]) => version))]).toEqual(all)
    })

    it('refuses versions it does not speak', () => {
      const [, request] = cases.requests[0]!
      for (const version of [api.min - 1, api.max + 1]) {
        expect(() => api.encode(version, request)).toThrow(`${api.name} v${version} is outside`)
        expect(() => api.decode(version, Buffer.alloc(0))).toThrow(`${api.name} v${version} is outside`)
      }
    })

    it.each(cases.requests)('v%i asks for %j', (version, request, body) => {
      expect(api.encode(version, request).toString('hex')).toBe(bytes(body).toString('hex'))
    })

    describe.each(cases.answers)('v%i answering %s', (version, body, response) => {
      const answer = bytes(body)

      it('is understood', () => {
        expect(api.decode(version, answer)).toEqual(response)
      })

      it('is refused when cut short anywhere', () => {
        for (let length = 0; length < answer.length; length++) {
          expect(() => api.decode(version, answer.subarray(0, length))).toThrow(WireError)
        }
      })

      it('is refused with bytes left over, which the error places', () => {
        expect(() => api.decode(version, Buffer.concat([answer, Buffer.of(0)]))).toThrow(
          `${api.name} v${version}: 1 bytes left over at byte ${answer.length}`,
        )
      })

      it('fails with nothing but a WireError when damaged', () => {
        const damage = fc.record({ at: fc.nat(answer.length - 1), value: fc.integer({ min: 0, max: 255 }) })
        fc.assert(
          fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
            const damaged = Buffer.from(answer)
            for (const { at, value } of damages) damaged[at] = value
            onlyWireError(api, version, damaged)
          }),
          { numRuns: 200 },
        )
      })
    })

    it('fails with nothing but a WireError on garbage', () => {
      const version = fc.integer({ min: api.min, max: api.max })
      fc.assert(fc.property(version, fc.uint8Array({ maxLength: 200 }), (v, body) => onlyWireError(api, v, body)))
    })
  })
}

function onlyWireError(api: Api<never, unknown>, version: number, body: Uint8Array): void {
  try {
    api.decode(version, Buffer.from(body))
  } catch (error) {
    expect(error).toBeInstanceOf(WireError)
    expect(error).toMatchObject({ code: 'protocol', api: api.name, version })
  }
}
