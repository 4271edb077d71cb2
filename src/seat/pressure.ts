import { LRUCache } from 'lru-cache'
import type { Hold, Pressure } from './api.ts'
import type { Answer } from '../platform/outcome.ts'

/** `count` things that took so long each; of a batch, what the longest of them took */
type Sample = { at: number; ms: number; count: number }
type Seen = { holds: (Sample & { seats: number })[]; shed: number[]; sales: Sample[]; touchedAt: number }
export type Meter = ReturnType<typeof createMeter>

const windowMs = 5_000
/** a show of which nothing was asked for so long presses nobody */
const quietMs = 15_000
const showsMax = 5_000
const samplesMax = 1_000
/** fewer tell of one slow card, not of a slow shop */
const samplesMin = 8

/** What this process saw of its shows lately. An estimate, so it is kept in memory; others read its sum of a second (`keepPressures`). */
export function createMeter(process: string) {
  const shows = new LRUCache<string, Seen>({ max: showsMax })
  function seen(showId: string, now: number): Seen {
    const known = shows.get(showId)
    const one = known ?? { holds: [], shed: [], sales: [], touchedAt: now }
    one.touchedAt = now
    if (!known) shows.set(showId, one)
    return one
  }
  return {
    /** among the processes of this service */
    process,
    touch: (showId: string, now: number) => void seen(showId, now),
    sold: (showId: string, ms: number, now: number) => keep(seen(showId, now).sales, { at: now, ms, count: 1 }),
    granted: (showId: string, { ms, count, seats }: Omit<Seen['holds'][number], 'at'>, now: number) => keep(seen(showId, now).holds, { at: now, ms, count, seats }),
    shed: (showId: string, now: number) => keep(seen(showId, now).shed, now),
    /** shows whose pressure is worth telling though none of their seats changed */
    active: (now: number): string[] => [...shows.entries()].flatMap(([showId, { touchedAt }]) => (now - touchedAt < quietMs ? [showId] : [])),
    /** `running`: ages of the payments that run now, in milliseconds */
    pressureOf(showId: string, { running, lagMs, now }: { running: number[]; lagMs: number; now: number }): Pressure {
      const one = shows.get(showId)
      const recent = (samples: Sample[] = []) => samples.filter(({ at }) => now - at < windowMs)
      const held = totalOf(one?.holds ?? [])
      if (running.length > 0 && one) one.touchedAt = now
      return {
        holdP95Ms: p95Of(recent(one?.holds)),
        holdsShed: (one?.shed ?? []).filter((at) => now - at < windowMs).length,
        payP95Ms: p95Of([...recent(one?.sales), ...running.map((ms) => ({ at: now, ms, count: 1 }))]),
        lagMs: Math.round(lagMs),
        seatsPerHold: one && held >= samplesMin ? one.holds.reduce((sum, { seats }) => sum + seats, 0) / held : null,
      }
    },
  }
}

/** What presses on a show is what presses on any process that sells it; what holds take is the mean of those who know. */
export function together(pressures: readonly [Pressure, ...Pressure[]]): Pressure {
  const known = (of: 'holdP95Ms' | 'payP95Ms' | 'seatsPerHold') => pressures.map((each) => each[of]).filter((value) => value !== null)
  const highest = (values: number[]) => (values.length > 0 ? Math.max(...values) : null)
  const takes = known('seatsPerHold')
  return {
    holdP95Ms: highest(known('holdP95Ms')),
    holdsShed: pressures.reduce((sum, { holdsShed }) => sum + holdsShed, 0),
    payP95Ms: highest(known('payP95Ms')),
    lagMs: Math.max(...pressures.map(({ lagMs }) => lagMs)),
    seatsPerHold: takes.length > 0 ? takes.reduce((sum, value) => sum + value, 0) / takes.length : null,
  }
}

/** What the meter hears of a batch of holds, which is of one show; a refusal costs too little to say anything, but for a full lane. */
export const meteredHolds = (meter: Meter, now: () => number) => ({
  flushed(inputs: readonly { showId: string }[], answers: readonly (Answer<Hold> | Error)[], waitedMs: number) {
    const holds = answers.filter((answer): answer is Hold => !(answer instanceof Error))
    const showId = inputs[0]?.showId
    if (showId === undefined || holds.length === 0) return
    meter.granted(showId, { ms: waitedMs, count: holds.length, seats: holds.reduce((sum, hold) => sum + hold.seatIds.length, 0) }, now())
  },
  shed: ({ showId }: { showId: string }) => meter.shed(showId, now()),
})

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

const totalOf = (samples: { count: number }[]) => samples.reduce((sum, { count }) => sum + count, 0)

function p95Of(samples: Sample[]): number | null {
  const total = totalOf(samples)
  if (total < samplesMin) return null
  const sorted = samples.toSorted((a, b) => a.ms - b.ms)
  let counted = 0
  for (const { ms, count } of sorted) {
    counted += count
    if (counted > total * 0.95) return Math.round(ms)
  }
  return Math.round(sorted.at(-1)?.ms ?? 0)
}
