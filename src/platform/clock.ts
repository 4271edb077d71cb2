import sql from 'sql-template-tag'
import { type Database, outsideTransaction } from './database.ts'

export type Clock = {
  /** epoch milliseconds of the database's clock, never going back */
  now(): number
  /** how far `now()` may be off */
  doubtMs(): number
  ready(): boolean
  close(): void
}

/** `offset` is database time minus local time, off by at most `doubt` when it was measured at `takenAt`. */
type Sample = { offset: number; doubt: number; takenAt: number }

const doubtMaxMs = 250
// quartz drifts by less than a tenth of this
const driftPerMs = 0.0005
const samplesAtStart = 3

/** One time for all processes: the database's. Measured at the start and every ten seconds. */
export async function openClock(
  db: Database,
  { everyMs = 10_000, random = Math.random }: { everyMs?: number; random?: () => number } = {},
): Promise<Clock> {
  let best = await measure(db)
  let latest = 0
  for (let n = 1; n < samplesAtStart; n += 1) best = better(best, await measure(db))

  let timer: NodeJS.Timeout
  let closed = false
  const again = () => {
    timer = setTimeout(async () => {
      // a failed measurement only lets the doubt grow
      const sample = await measure(db).catch(() => best)
      best = better(best, sample)
      if (!closed) again()
    }, everyMs * (0.9 + 0.2 * random())).unref()
  }
  outsideTransaction(again)

  return {
    now() {
      latest = Math.max(latest, Math.floor(performance.now() + best.offset))
      return latest
    },
    doubtMs: () => aged(best),
    ready: () => aged(best) <= doubtMaxMs,
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

async function measure(db: Database): Promise<Sample> {
  const sentAt = performance.now()
  // the embedded engine's clock is this machine's
  if (db.engine === 'pglite') return { offset: Date.now() - sentAt, doubt: 0, takenAt: sentAt }
  const [row] = await db.rows<{ ms: number }>(sql`select extract(epoch from clock_timestamp()) * 1000 as ms`)
  const takenAt = performance.now()
  const doubt = (takenAt - sentAt) / 2
  return { offset: (row?.ms ?? Number.NaN) - sentAt - doubt, doubt, takenAt }
}

const aged = (sample: Sample) => sample.doubt + (performance.now() - sample.takenAt) * driftPerMs

/** A slow measurement (a busy pool) must not spoil a good one, unless they contradict: then the clock was set. */
function better(old: Sample, fresh: Sample): Sample {
  const contradict = Math.abs(old.offset - fresh.offset) > aged(old) + aged(fresh)
  return contradict || aged(fresh) <= aged(old) ? fresh : old
}
