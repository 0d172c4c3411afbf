/**
 * The alerts with all their times divided, so that a test sees in seconds what takes hours: `for`, the ranges and offsets of their
 * expressions, and the seconds that they compare with. What evenkeel itself waits for is a matter of its config.
 */
import { stringify } from 'yaml'
import { type Alert, alertGroups } from '../../../scripts/prometheus/alerts.ts'

/** Of alerts that look at minutes. */
export const minutesFactor = 60
/** Of alerts that look at six hours and more: a day becomes a minute. */
export const hoursFactor = 1440

/** Of a range: a shorter one would fall between two scrapes. */
const leastRangeMs = 5000

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 }
const duration = /(\d+)([smhd])\b/
const long = 6 * secondsOf.h

/** By how much the times of an alert are divided. */
function factorOf({ for: held = '0s', expr }: Alert): number {
  const times = [held, ...expr.matchAll(allTimes)].map((match) => seconds(typeof match === 'string' ? match : match[0]))
  return Math.max(...times) >= long ? hoursFactor : minutesFactor
}

/** An alert whose times are divided by `factorOf`, but no range to less than holds some scrapes. */
export function hurried(alert: Alert): Alert {
  const factor = factorOf(alert)
  return {
    ...alert,
    ...(alert.for === undefined ? {} : { for: shorter(alert.for, factor) }),
    expr: alert.expr
      .replaceAll(allTimes, (time) => shorter(time, factor))
      .replaceAll(/\[(\d+)ms\]/g, (_, ms) => `[${Math.max(Number(ms), leastRangeMs)}ms]`),
  }
}

/** A rule file with all hurried alerts; the label `hurried` tells them from the shipped ones. */
export function hurriedRules(): string {
  const rules = alertGroups
    .flatMap(({ alerts }) => alerts)
    .map((alert) => ({ ...hurried(alert), labels: { severity: alert.severity, hurried: `${factorOf(alert)}` } }))
    .map(({ name, expr, labels, for: held }) => ({ alert: name, expr, labels, ...(held && { for: held }) }))
  return stringify({ groups: [{ name: 'hurried', rules }] }, { lineWidth: 0 })
}

/** Durations, and bare numbers of seconds from an hour on. */
const allTimes = /\b\d+[smhd]\b|\b\d{4,}\b/g

function seconds(time: string): number {
  const [, count, unit] = duration.exec(time) ?? []
  return unit === undefined ? Number(time) : Number(count) * secondsOf[unit as keyof typeof secondsOf]
}

function shorter(time: string, factor: number): string {
  const result = seconds(time) / factor
  return duration.test(time) ? `${Math.round(result * 1000)}ms` : `${result}`
}
