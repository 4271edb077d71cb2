import { writeAudit } from '../platform/audit.ts'
import type { Tx } from '../platform/database.ts'
import { refuse } from '../platform/outcome.ts'
import type { SeatEnv } from './env.ts'
import { applyAfterCommit, statusCode } from './picture.ts'
import * as store from './store-block.ts'
import { bumpOpenShows, closedShows, untilNothingChanges } from './store-versions.ts'
import { tellReturned } from './free.ts'

type Block = { showId: string; seatIds: number[]; reason: string; by: string }

/**
 * Takes seats out of sale, all or none, with reason and author on record. Seats blocked already stay as they are.
 * Refuses `seat_taken` with the held and sold ones, `seat_unknown`, `show_closed`.
 */
export async function block(env: SeatEnv, { showId, seatIds, reason, by }: Block): Promise<{ blocked: number }> {
  await env.pictures.of(showId)
  return writing(env, showId, async (tx) => {
    const seats = await lockAll(tx, showId, seatIds)
    const taken = seats.filter(({ status }) => isTaken.has(status)).map((seat) => seat.seatId)
    if (taken.length > 0) return refuse('seat_taken', { seatIds: taken })
    const wanted = seats.filter((seat) => seat.status !== statusCode.blocked)
    if (wanted.length === 0) return { blocked: 0 }
    const ids = wanted.map((seat) => seat.seatId)
    await store.blockSeats(tx, showId, [{ seatIds: ids, reason }], by)
    const target = `show ${showId}`
    await writeAudit(tx, 'seat', [{ actor: by, action: 'seats.block', target, before: wanted, after: { seatIds: ids, reason } }], env.now())
    await finish(env, tx, showId, ids.map((seatId) => ({ seatId, status: statusCode.blocked })))
    return { blocked: ids.length }
  })
}

/** Puts blocked seats back on sale; seats that are not blocked stay as they are. */
export async function unblock(env: SeatEnv, { showId, seatIds, by }: Omit<Block, 'reason'>): Promise<{ unblocked: number }> {
  await env.pictures.of(showId)
  return writing(env, showId, async (tx) => {
    const blocked = (await lockAll(tx, showId, seatIds)).filter((seat) => seat.status === statusCode.blocked)
    if (blocked.length === 0) return { unblocked: 0 }
    const ids = blocked.map((seat) => seat.seatId)
    const changes = await store.unblockSeats(tx, showId, ids)
    const target = `show ${showId}`
    await writeAudit(tx, 'seat', [{ actor: by, action: 'seats.unblock', target, before: blocked, after: { seatIds: ids } }], env.now())
    await finish(env, tx, showId, changes)
    await tellReturned(tx, env.now(), changes.map((change) => ({ ...change, showId })))
    return { unblocked: ids.length }
  })
}

/** The blocked seats of a show with their reasons; refuses `show_unknown`. */
export async function blocksOf(env: SeatEnv, { showId }: { showId: string }) {
  await env.pictures.of(showId)
  return { blocks: await store.readBlocked(env.db, showId) }
}

const isTaken = new Set<number>([statusCode.held, statusCode.pinned, statusCode.sold])

const writing = <T>({ db }: SeatEnv, showId: string, act: (tx: Tx) => Promise<T>) =>
  untilNothingChanges(() => db.transaction(async (tx) => {
    if ((await closedShows(tx, [showId])).has(showId)) refuse('show_closed')
    return act(tx)
  }))

async function lockAll(tx: Tx, showId: string, seatIds: number[]) {
  const seats = await store.lockSeatsOfShow(tx, showId, seatIds)
  const known = new Set(seats.map((seat) => seat.seatId))
  const unknown = seatIds.filter((seatId) => !known.has(seatId))
  return unknown.length > 0 ? refuse('seat_unknown', { seatIds: unknown }) : seats
}

async function finish(env: SeatEnv, tx: Tx, showId: string, changes: { seatId: number; status: number }[]) {
  const versions = await bumpOpenShows(tx, [showId])
  applyAfterCommit(tx, env.pictures, versions, changes.map((change) => ({ ...change, showId })))
}
