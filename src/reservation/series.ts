export type Moment = { at: number; seats: number; won: number; refundedSeats: number; refundedWon: number }
export type Day = Omit<Moment, 'at'> & { day: string }
export type Series = { minutes: Moment[]; hours: Moment[]; days: Day[] }

export const seriesLimits = { minutesMax: 180, hoursMax: 72, daysMax: 400 } as const
const minute = 60_000
const hour = 3_600_000
const day = 86_400_000
const offsetStep = 15 * minute

/** What was sold and refunded in each minute; minutes without either are not there. */
export type ByMinute = Map<number, Moment>

export function addMoment(byMinute: ByMinute, ms: number, { seats = 0, won = 0, refundedSeats = 0, refundedWon = 0 }: Partial<Omit<Moment, 'at'>>) {
  const at = Math.floor(ms / minute) * minute
  const moment = byMinute.get(at) ?? { at, ...nothing }
  byMinute.set(at, moment)
  moment.seats += seats
  moment.won += won
  moment.refundedSeats += refundedSeats
  moment.refundedWon += refundedWon
}
const nothing = { seats: 0, won: 0, refundedSeats: 0, refundedWon: 0 }

/**
 * The first hours from `from` minute by minute, the first days hour by hour, and all of it, or its last 400 days, day by
 * day; hours and days are those of the time zone. Only what is not empty is listed.
 */
export function seriesOf(byMinute: ByMinute, { from, timeZone }: { from: number; timeZone: string }): Series {
  const moments = [...byMinute.values()].sort((a, b) => a.at - b.at)
  const offsetAt = createOffsets(timeZone)
  const start = Math.floor(from / minute) * minute
  const within = (ms: number) => moments.filter(({ at }) => at >= start && at < start + ms)
  const hours = groups(within(seriesLimits.hoursMax * hour), ({ at }) => startOf(at, hour, offsetAt(at)))
  const days = groups(moments, ({ at }) => Math.floor((at + offsetAt(at)) / day))
  return {
    minutes: within(seriesLimits.minutesMax * minute),
    hours: [...hours].map(([at, sums]) => ({ at, ...sums })),
    days: [...days].slice(-seriesLimits.daysMax).map(([number, sums]) => ({ day: new Date(number * day).toISOString().slice(0, 10), ...sums })),
  }
}

const startOf = (at: number, unit: number, offset: number) => Math.floor((at + offset) / unit) * unit - offset

function groups(moments: Moment[], keyOf: (moment: Moment) => number): Map<number, Omit<Moment, 'at'>> {
  const sums = new Map<number, Omit<Moment, 'at'>>()
  for (const moment of moments) {
    const key = keyOf(moment)
    const sum = sums.get(key) ?? { ...nothing }
    sums.set(key, sum)
    for (const name of ['seats', 'won', 'refundedSeats', 'refundedWon'] as const) sum[name] += moment[name]
  }
  return sums
}

/** How far the zone's clocks are ahead of UTC, in milliseconds; asked once a quarter of an hour, for zones change on those. */
function createOffsets(timeZone: string): (at: number) => number {
  const local = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' })
  const known = new Map<number, number>()
  return (at) => {
    const quarter = Math.floor(at / offsetStep) * offsetStep
    const offset = known.get(quarter) ?? wallTime(local, quarter) - quarter
    known.set(quarter, offset)
    return offset
  }
}

function wallTime(local: Intl.DateTimeFormat, at: number): number {
  const parts = new Map(local.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'))
}
