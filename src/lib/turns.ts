/** Work of which one piece at a time may be done: each begins when the one that was asked for before it has ended, however it ended. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Settles as the work does. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
