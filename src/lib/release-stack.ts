/** Everything opened is pushed here with how to close it; closing runs in reverse order and leaves nothing out. */
export class ReleaseStack {
  #releases: { name: string; release: () => Promise<void> | void }[] = []

  push(name: string, release: () => Promise<void> | void): void {
    this.#releases.push({ name, release })
  }

  /**
   * Closes all, last opened first. One failure does not keep the others open.
   * @throws AggregateError with every failure, each naming its resource.
   */
  async close(): Promise<void> {
    const errors: Error[] = []
    for (let entry = this.#releases.pop(); entry; entry = this.#releases.pop()) {
      try {
        await entry.release()
      } catch (cause) {
        errors.push(new Error(`closing ${entry.name} failed`, { cause }))
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '))
  }
}
