/**
 * How much looking one plan may do for what plain moves and hand-overs cannot do: some hundred milliseconds at most. It is
 * enough to look everywhere unless a cluster is both large and hard; the next plan goes on from where this one ends.
 */
export class Effort {
  #looks: number

  constructor(looks: number) {
    this.#looks = looks
  }

  get spent(): boolean {
    return this.#looks <= 0
  }

  spend(looks: number): void {
    this.#looks -= looks
  }
}
