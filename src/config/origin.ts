/** Where a setting comes from. */
export interface Origin {
  /**
   * `--set`; or the place `FILE:LINE`, where there is more to say in brackets after it: `cluster override`, `alias NAME`,
   * `environment variable NAME`.
   */
  text: string
  /** The file that holds what the setting is, as the config names it, and the key that names it. */
  file?: { key: string; path: string }
}

/** Of what does not have its default, by key: of the process, and of each cluster by its name. */
export interface Origins {
  process: Record<string, Origin>
  clusters: Record<string, Record<string, Origin>>
}
