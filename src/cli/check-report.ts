import type { Io } from './io.ts'

/** One line for each thing that was looked at; what is wrong goes to `err`. */
export class Report {
  /** Of the first thing that is wrong; 0 where none is. */
  code = 0
  readonly #io: Io
  readonly #name: string

  constructor(io: Io, name: string) {
    this.#io = io
    this.#name = name
  }

  good(text: string): void {
    this.#io.out.write(`${this.#name}: ${text}\n`)
  }

  bad(text: string, code: number): void {
    this.code ||= code
    this.#io.err.write(`${this.#name}: ${text}\n`)
  }
}
