import type { Sales } from '../../src/gateway/sales.ts'
import { seriesLimits } from '../../src/reservation/series.ts'

export type Range = 'minutes' | 'hours' | 'days'
/** One bar; `from` is when it begins, in the time zone of the show. */
export type Bar = { from: number; day?: string; seats: number; won: number; refundedSeats: number; refundedWon: number }

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const units = { minutes: minute, hours: hour, days: day } as const
const barsMax = { minutes: seriesLimits.minutesMax, hours: seriesLimits.hoursMax, days: seriesLimits.daysMax } as const
/** a chart of one bar says nothing of time */
const barsMin = 12

/** Bars in a row, empty ones too: from the opening until now or as far as the range goes. */
export function barsOf(sales: Pick<Sales, 'at' | 'since' | Range>, range: Range): Bar[] {
  const known = range === 'days' ? sales.days.map((each) => ({ ...each, from: Date.parse(`${each.day}T00:00:00Z`) })) : sales[range].map((each) => ({ ...each, from: Date.parse(each.at) }))
  const unit = units[range]
  const first = range === 'days' ? (known[0]?.from ?? 0) : Math.min(Date.parse(sales.since), known[0]?.from ?? Number.POSITIVE_INFINITY)
  const last = Math.max(known.at(-1)?.from ?? first, range === 'days' ? 0 : Math.min(Date.parse(sales.at), first + (barsMax[range] - 1) * unit))
  const start = range === 'days' ? first : Math.floor(first / unit) * unit + ((known[0]?.from ?? 0) % unit)
  const count = Math.max(barsMin, Math.min(barsMax[range], Math.floor((last - start) / unit) + 1))
  const byStart = new Map(known.map((each) => [Math.round((each.from - start) / unit), each]))
  return Array.from({ length: count }, (_, i) => byStart.get(i) ?? { from: start + i * unit, seats: 0, won: 0, refundedSeats: 0, refundedWon: 0 })
}

/** What one looks for first: minutes of a rush, days of a sale that has been going on. */
export function rangeOf({ at, since, minutes, hours }: Pick<Sales, 'at' | 'since' | 'minutes' | 'hours'>): Range {
  const age = Date.parse(at) - Date.parse(since)
  if (age < 3 * hour && (minutes.length > 0 || age < hour)) return 'minutes'
  return age < 3 * day && hours.length > 0 ? 'hours' : 'days'
}

/** Seats sold in the last whole minute; in the first minute of a sale, so far. */
export function soldLately({ at, minutes }: Pick<Sales, 'at' | 'minutes'>): number {
  const present = Math.floor(Date.parse(at) / minute) * minute
  const inMinute = (from: number) => minutes.find((each) => Date.parse(each.at) === from)?.seats
  return inMinute(present - minute) ?? inMinute(present) ?? 0
}
