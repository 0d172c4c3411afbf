/** Keeps what the last round came to, so that whoever asks gets an answer between rounds. */
import type { ExplainSubject, Explanation } from '../../cluster/explanation.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import { explain } from './explain.ts'
import { type Considered, pictureOf, type Surroundings, Workings } from './picture.ts'

export class Explainer {
  #considered: Considered | undefined
  #workings: Promise<Workings> | undefined

  /** A round is over; its columns are back from the planner, and stay. */
  consider(considered: Considered): void {
    this.#considered = considered
    this.#workings = undefined
  }

  /**
   * @param around what is known besides, asked for when the answer is about to be given.
   * @throws EvenkeelError `usage` for what the cluster does not have, `sample_incomplete` before the first round.
   */
  async explain(subject: ExplainSubject, around: () => Surroundings): Promise<Explanation> {
    if (!this.#considered) {
      throw new EvenkeelError('sample_incomplete', 'the cluster has not been sampled completely yet')
    }
    this.#workings ??= Workings.of(this.#considered)
    const workings = await this.#workings
    if (subject.kind === 'partition') await workings.withLeads()
    return explain(pictureOf(workings, around()), subject)
  }
}
