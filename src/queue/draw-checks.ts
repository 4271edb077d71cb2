import sql from 'sql-template-tag'
import type { ComputedCheck } from '../platform/check.ts'
import type { Reader } from '../platform/database.ts'
import { isSigned, quicknet } from './draw-beacon.ts'
import { hash, leavesOf, orderOf } from './draw-hash.ts'
import { commitmentOf, rootOf, seedOf, toHex } from './draw-rules.ts'
import { type DrawRow, drawOf, roster } from './store-draws.ts'

type Drawn = { windowId: string; rosterCount: number; admittedThrough: number; seed: string }
type Row = { number: number; rank: number | null; waiting: boolean }

const rowsPerRead = 50_000
const violationsMax = 20

/** Invariants of drawn lines: their order is arithmetic, so it is compared here and not in SQL. */
export const queueDrawChecks: ComputedCheck[] = [
  { id: 'I12', name: 'a drawn line stands in the order that its seed gives: stored ranks, and nobody waiting who was passed', compute: (db) => eachDrawn(db, ranksOf) },
  { id: 'I12', name: 'nobody was called before somebody of a smaller rank who waited', compute: inversions },
  { id: 'I12', name: 'commitment, root and seed of a draw are those of its secret, roster and beacon, whose signature is its chain’s', compute: (db) => eachDrawn(db, makingOf) },
]

async function eachDrawn(db: Reader, look: (db: Reader, line: Drawn) => Promise<unknown[]>): Promise<unknown[]> {
  const drawn = await db.rows<Drawn>(sql`
    select window_id as "windowId", roster_count as "rosterCount", admitted_through as "admittedThrough", seed
    from queue.lines where seed is not null order by window_id`)
  const found: unknown[] = []
  for (const line of drawn) {
    found.push(...(await look(db, line)))
    if (found.length >= violationsMax) break
  }
  return found.slice(0, violationsMax)
}

async function ranksOf(db: Reader, line: Drawn): Promise<unknown[]> {
  const { rankOf } = orderOf(line)
  const wrong: unknown[] = []
  for (let after = 0; after < line.rosterCount && wrong.length < violationsMax; after += rowsPerRead) {
    const rows = await db.rows<Row>(sql`
      select number, rank, status = 'waiting' as waiting from queue.places
      where window_id = ${line.windowId} and number > ${after} and number <= ${Math.min(line.rosterCount, after + rowsPerRead)}`)
    for (const { number, rank, waiting } of rows) {
      const own = rankOf(number)
      if (waiting ? own <= line.admittedThrough || (rank !== null && rank !== own) : rank !== own) wrong.push({ windowId: line.windowId, number, rank, drawn: own })
    }
  }
  return wrong
}

async function makingOf(db: Reader, { windowId, rosterCount, seed }: Drawn): Promise<unknown[]> {
  const draw = await drawOf(db, windowId)
  if (!draw) return [{ windowId, missing: 'draw' }]
  const root = await rootAgain(db, draw, rosterCount)
  return [
    ...(draw.commitment === commitmentOf(hash, draw.secret) ? [] : [{ windowId, commitment: draw.commitment }]),
    ...(draw.root === root ? [] : [{ windowId, root: draw.root, computed: root }]),
    ...(draw.chain !== quicknet.hash || draw.signature === null || isSigned(quicknet, draw.round ?? 0, draw.signature) ? [] : [{ windowId, signature: draw.signature, round: draw.round }]),
    ...(draw.seed === seed && seed === seedOf(hash, { secret: draw.secret, root, signature: draw.signature }) ? [] : [{ windowId, seed, draw: draw.seed }]),
  ]
}

async function rootAgain(db: Reader, { windowId, salt }: DrawRow, rosterCount: number): Promise<string> {
  const leaves: Uint8Array[] = []
  for (let after = 0; after < rosterCount; after += rowsPerRead)
    leaves.push(...leavesOf(salt, await roster(db, windowId, after + 1, Math.min(rosterCount, after + rowsPerRead))))
  return toHex(rootOf(hash, leaves))
}

/**
 * Each line's first calls, in the order of the log, are in the order of ranks: who slept and woke is called again later,
 * which is no first call. Joining puts nobody before others, so a newcomer who passed a waiter would stand here too.
 */
async function inversions(db: Reader): Promise<unknown[]> {
  return db.rows(sql`
    with calls as (
      select window_id, number, min(id) as id from queue.place_events where what = 'called' group by window_id, number),
    ranked as (
      select c.window_id, c.number, c.id, coalesce(p.rank, p.number) as rank,
        max(coalesce(p.rank, p.number)) over (partition by c.window_id order by c.id rows between unbounded preceding and 1 preceding) as before
      from calls c join queue.places p on p.window_id = c.window_id and p.number = c.number)
    select window_id, number, rank, before from ranked where rank < before limit ${violationsMax}::int`)
}
