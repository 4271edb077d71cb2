import { LRUCache } from 'lru-cache'
import type { Hold, Pressure } from './api.ts'
import { isRefusal } from '../platform/outcome.ts'

type Sample = { at: number; ms: number }
type Seen = { holds: Sample[]; seats: number[]; shed: number[]; sales: Sample[]; touchedAt: number }
export type Meter = ReturnType<typeof createMeter>

const windowMs = 5_000
/** a show of which nothing was asked for so long presses nobody */
const quietMs = 15_000
const showsMax = 5_000
const samplesMax = 1_000
/** fewer tell of one slow card, not of a slow shop */
const samplesMin = 8

/** What this process saw of its shows lately. An estimate, so it is kept in memory only. */
export function createMeter() {
  const shows = new LRUCache<string, Seen>({ max: showsMax })
  function seen(showId: string, now: number): Seen {
    const known = shows.get(showId)
    const one = known ?? { holds: [], seats: [], shed: [], sales: [], touchedAt: now }
    one.touchedAt = now
    if (!known) shows.set(showId, one)
    return one
  }
  return {
    touch: (showId: string, now: number) => void seen(showId, now),
    sold: (showId: string, ms: number, now: number) => keep(seen(showId, now).sales, { at: now, ms }),
    granted(showId: string, { ms, seats }: { ms: number; seats: number }, now: number) {
      const one = seen(showId, now)
      keep(one.holds, { at: now, ms })
      keep(one.seats, seats)
    },
    shed: (showId: string, now: number) => keep(seen(showId, now).shed, now),
    /** shows whose pressure is worth telling though none of their seats changed */
    active: (now: number): string[] => [...shows.entries()].flatMap(([showId, { touchedAt }]) => (now - touchedAt < quietMs ? [showId] : [])),
    /** `running`: ages of the payments that run now, in milliseconds */
    pressureOf(showId: string, { running, lagMs, now }: { running: number[]; lagMs: number; now: number }): Pressure {
      const one = shows.get(showId)
      const recent = (samples: Sample[] = []) => samples.filter(({ at }) => now - at < windowMs).map(({ ms }) => ms)
      if (running.length > 0 && one) one.touchedAt = now
      return {
        holdP95Ms: p95Of(recent(one?.holds)),
        holdsShed: (one?.shed ?? []).filter((at) => now - at < windowMs).length,
        payP95Ms: p95Of([...recent(one?.sales), ...running]),
        lagMs: Math.round(lagMs),
        seatsPerHold: one && one.seats.length >= samplesMin ? one.seats.reduce((sum, n) => sum + n, 0) / one.seats.length : null,
      }
    },
  }
}

/** A hold operation whose times and refusals the meter sees; refusals but `overloaded` cost too little to say anything. */
export function metered<I extends { showId: string }>(take: (input: I) => Promise<Hold>, meter: Meter, now: () => number): (input: I) => Promise<Hold> {
  return async (input) => {
    const startedAt = now()
    try {
      const hold = await take(input)
      meter.granted(input.showId, { ms: now() - startedAt, seats: hold.seatIds.length }, now())
      return hold
    } catch (error) {
      if (isRefusal(error, 'overloaded')) meter.shed(input.showId, now())
      throw error
    }
  }
}

/** Whose answer names its show makes that show busy. */
export function touching<I, O extends { showId: string }>(act: (input: I) => Promise<O>, meter: Meter, now: () => number): (input: I) => Promise<O> {
  return async (input) => {
    const answer = await act(input)
    meter.touch(answer.showId, now())
    return answer
  }
}

function keep<T>(list: T[], item: T) {
  list.push(item)
  if (list.length > samplesMax) list.splice(0, list.length - samplesMax)
}

function p95Of(values: number[]): number | null {
  if (values.length < samplesMin) return null
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.floor(sorted.length * 0.95)] ?? 0)
}
