/** How values get into a registry: by the table of families, and no further than it allows. */
import { type Family, families, type Instruments, type Labels, prefix } from './families.ts'
import { cluster, isClosed } from './labels.ts'
import { Series } from './series.ts'

/** One family of a registry. */
export interface Meter {
  /** Of a gauge what it is set to, of a counter what is added, of a histogram what is observed. */
  take(labels: Labels, value: number): void
  /** Makes the series exist at zero. */
  create(labels: Labels): void
  remove(labels: Labels): void
}

export function createInstruments(meterOf: (family: Family) => Meter): Instruments {
  const all = new Map(families.map((family) => [family.name as string, new Limited(family, meterOf(family))]))
  const dropped = all.get('dropped_series_total')!
  const take = (name: string, labels: Labels, value: number) => {
    if (!all.get(name)!.take(labels, value)) dropped.take({ metric: prefix + name }, 1)
  }
  return {
    begin: (name) => {
      for (const one of all.values()) one.begin(name)
    },
    set: (name, labels, value) => {
      if (Number.isNaN(value)) all.get(name)!.remove(labels)
      else take(name, labels, value)
    },
    add: (name, labels, value) => take(name, labels, Math.max(0, value)),
    observe: take,
    keep: (among, label, values) => {
      for (const one of all.values()) one.keep(among, label, values)
    },
  }
}

/** A family whose series are those that its labels allow. */
class Limited {
  readonly #family: Family
  readonly #meter: Meter
  readonly #series: Series

  constructor(family: Family, meter: Meter) {
    this.#family = family
    this.#meter = meter
    this.#series = new Series(family)
  }

  begin(name: string | undefined): void {
    for (const labels of fromTheStart(this.#family, name)) {
      if (this.#series.admit(labels) !== false) this.#meter.create(labels)
    }
  }

  /** @returns false where the series may not be. */
  take(labels: Labels, value: number): boolean {
    const before = this.#series.admit(labels)
    if (before === false) return false
    if (before) this.#meter.remove(before)
    this.#meter.take(labels, value)
    return true
  }

  remove(labels: Labels): void {
    if (this.#series.drop(labels)) this.#meter.remove(labels)
  }

  keep(among: Labels, label: string, values: ReadonlySet<string>): void {
    for (const labels of this.#series.beyond(among, label, values)) this.remove(labels)
  }
}

/** The series of a family that exist before anything has happened: of a cluster, or of those that are of none. */
export function fromTheStart({ labels, exists }: Family, name: string | undefined): Labels[] {
  const others = labels.filter((label) => label !== cluster)
  const isMeant = others.length < labels.length === (name !== undefined)
  if (!isMeant || exists !== undefined || !others.every(isClosed)) return []
  const first: Labels[] = [name === undefined ? {} : { [cluster.name]: name }]
  return others.reduce(
    (all, label) => all.flatMap((one) => label.values.map((value) => ({ ...one, [label.name]: value }))),
    first,
  )
}
