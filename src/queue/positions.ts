import assert from 'node:assert/strict'
import { type Database, outsideTransaction, type Reader } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Line } from './line.ts'
import { createCopy, type LineCopy, type Mark, type News, orderHash, userBytes } from './line-copy.ts'
import type { LinePort, LineRef } from './line-port.ts'
import { orderKeyOf, orderOf } from './draw-hash.ts'
import * as log from './store-log.ts'
import { readShows, showsWaiting } from './store-lines.ts'
import { leavers } from './store-places.ts'

/** Waiting places before each rank, by rank. */
export type Ahead = Map<number, number>
export type Positions = ReturnType<typeof createPositions>
type Needs = { db: Database; lines: LinePort; now: () => number; metrics: Metrics; log: Logger }

/** places or events read at once: on the embedded database a statement stops everybody else */
const readAtOnceMax = 10_000
const loadedAtOnce = 16_384
/** news that one request reads before it leaves the rest to a rebuild's following */
const roundsMax = 4
const followRoundsMax = 10_000
/** how long nobody asks after a failure; then one does */
const awayPauseMs = 1_000
const showsMax = 200

/**
 * How many wait ahead. A copy of the line counts, after it was told what is new in the log: so every answer is exact for
 * the moment it was asked, whichever process or source gives it, and a position never grows. While there is no copy in
 * this order, or it does not answer, SQL counts, and a new copy is made.
 */
export function createPositions({ db, lines, now, metrics, log: logger }: Needs) {
  const replacing = new Map<string, Promise<boolean>>()
  let failedAt: number | undefined

  /** Whoever waits for Redis waits for nothing else: what fails is counted by SQL. */
  async function reached<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await ask()
      if (failedAt !== undefined) logger.info('lines: the copies answer again')
      failedAt = undefined
      return answer
    } catch (error) {
      if (failedAt === undefined) logger.warn({ err: error }, `lines: the copies in ${lines.keptIn} do not answer, SQL counts`)
      failedAt = now()
      return undefined
    }
  }
  // a clock that was set back must not make the pause longer
  const isAway = () => failedAt !== undefined && Math.abs(now() - failedAt) < awayPauseMs

  async function byCopy(line: Line, ranks: number[]): Promise<Ahead | undefined> {
    const ref = refOf(line)
    const sorted = ranks.toSorted((a, b) => a - b)
    for (let round = 0; round < roundsMax && !isAway(); round++) {
      const mark = await reached(() => lines.markOf(ref))
      if (!mark) break
      const { news, isAll } = await newsAfter(db, line, mark)
      const counts = await reached(() => lines.ahead(ref, news, isAll ? sorted : []))
      if (counts && isAll) return new Map(sorted.map((rank, i) => [rank, counts[i] as number]))
    }
    if (!isAway()) replaceSoon(line)
    return undefined
  }

  /** One at a time for a line; others wait for the same. */
  function replace(line: Line): Promise<boolean> {
    const running = replacing.get(line.windowId)
    if (running) return running
    const started = outsideTransaction(() => replaceNow(line)).finally(() => replacing.delete(line.windowId))
    replacing.set(line.windowId, started)
    return started
  }
  const replaceSoon = (line: Line) => void replace(line).catch(() => undefined) // the job meets the same failure and reports it

  async function replaceNow(line: Line): Promise<boolean> {
    const ref = refOf(line)
    const mark = await reached(() => lines.markOf(ref))
    if (isAway()) return false
    if (mark) return follow(ref, line, mark)
    const startedAt = performance.now()
    const copy = await loadCopy(db, line)
    const isOurs = await reached(() => lines.replace(ref, copy))
    if (isOurs) metrics.lineRebuildSeconds.observe({ kept: lines.keptIn }, (performance.now() - startedAt) / 1_000)
    return isOurs ?? false
  }

  /** A copy that fell far behind is told everything. */
  async function follow(ref: LineRef, line: Line, from: Mark): Promise<boolean> {
    let mark: Mark | undefined = from
    for (let round = 0; round < followRoundsMax && mark; round++) {
      const { news, isAll } = await newsAfter(db, line, mark)
      const told = await reached(() => lines.ahead(ref, news, []))
      if (told && isAll) return true
      mark = isAway() ? undefined : await reached(() => lines.markOf(ref))
    }
    return false
  }

  return {
    async ahead(line: Line, ranks: number[]): Promise<Ahead> {
      if (ranks.length === 0) return new Map()
      const counted = await byCopy(line, ranks)
      metrics.linePositions.inc({ source: counted ? lines.keptIn : 'sql' }, ranks.length)
      return counted ?? aheadBySql(db, line, ranks)
    },
    /** The job: lines in which somebody waits have a copy, before anybody asks. */
    async keepCopies(): Promise<void> {
      const shows = await readShows(db, await showsWaiting(db, showsMax))
      const waitedIn = ({ phase, last, admittedThrough }: Line) => phase !== 'closed' && phase !== 'announced' && last > admittedThrough
      for (const line of shows.flatMap((show) => show.lines.filter(waitedIn))) {
        if (isAway()) return
        if (!(await reached(() => lines.markOf(refOf(line))))) await replace(line)
      }
    },
    /** Who waits in which order, by what is stored and by the copy; where both are as far, equal hashes are equal orders. No copy: none, or it changed meanwhile. */
    async compare(line: Line): Promise<Compared> {
      const order = orderOf(line)
      if (!(await byCopy(line, [line.last + 1]))) await replace(line)
      const kept = await reached(() => lines.read(refOf(line)))
      const mark = kept && { ...kept.mark }
      const copy = kept && { keptIn: lines.keptIn, ...kept.mark, ...(await orderHash(kept, order)) }
      const isWhole = kept?.mark.last === mark?.last && kept?.mark.eventId === mark?.eventId
      const stored = await loadCopy(db, line)
      return { stored: { ...stored.mark, ...(await orderHash(stored, order)) }, copy: isWhole ? (copy ?? null) : null }
    },
  }
}

type Hashed = Mark & { hash: string; waiting: number }
export type Compared = { stored: Hashed; copy: (Hashed & { keptIn: LinePort['keptIn'] }) | null }

const refOf = (line: Line): LineRef => ({ showId: line.showId, windowId: line.windowId, orderKey: orderKeyOf(line), epoch: line.epoch })

async function newsAfter(db: Reader, line: Line, from: Mark): Promise<{ news: News; isAll: boolean }> {
  const { to, users, gone, isAll } = await log.logAfter(db, line.windowId, from, readAtOnceMax)
  return { news: { from, to, users, gone: gone.map(orderOf(line).rankOf) }, isAll }
}

/**
 * A copy made from what is stored. The log's mark is read first: places read after it may be further, and are told the
 * same again, which changes nothing.
 */
export async function loadCopy(db: Reader, line: Line): Promise<LineCopy> {
  const { rankOf } = orderOf(line)
  const { last, eventId } = await log.markOf(db, line.windowId)
  const copy = createCopy(Math.max(1_024, last))
  for (let from = 1; from <= last; from += loadedAtOnce) {
    const through = Math.min(last, from + loadedAtOnce - 1)
    const { users, gone } = await log.placesBetween(db, line.windowId, from, through)
    assert.equal(users.length, (through - from + 1) * userBytes, `places ${from} to ${through}`)
    copy.apply({ from: { last: from - 1, eventId: 0 }, to: { last: through, eventId: 0 }, users, gone: gone.map(rankOf) })
  }
  copy.mark.eventId = eventId
  for (let round = 0; round < followRoundsMax; round++) {
    const { news, isAll } = await newsAfter(db, line, { ...copy.mark })
    assert(copy.apply(news), 'news follow what was read')
    if (isAll) break
  }
  return copy
}

/** Arithmetic: ranks less those called and those who left, of whom blocks are counted. */
export async function aheadBySql(db: Reader, line: Line, ranks: number[]): Promise<Ahead> {
  if (ranks.length === 0) return new Map()
  const sorted = ranks.toSorted((a, b) => a - b)
  const left = new Map((await leavers(db, line, sorted)).map((row) => [row.stretch, row.left]))
  let leftBefore = 0
  return new Map(sorted.map((rank, stretch) => {
    leftBefore += left.get(stretch) ?? 0
    // the line may have come further since its row was read
    return [rank, Math.max(0, rank - line.admittedThrough - 1 - leftBefore)]
  }))
}
