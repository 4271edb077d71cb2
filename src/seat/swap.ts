import type { Tx } from '../platform/database.ts'
import { Refusal } from '../platform/outcome.ts'
import { type Ask, type Lost, replacedBy } from './asks.ts'
import { tellEnded } from './ending.ts'
import type { SeatEnv } from './env.ts'
import { tellReturned } from './free.ts'
import { sectionRefusal } from './gate.ts'
import { type Picture, statusCode } from './picture.ts'
import { endHolds as endRows } from './store-ending.ts'
import { type HoldRow, insertHolds, lockWhole, shiftQuotas, swapSeats } from './store-holds.ts'
import { lockSeats } from './store-pins.ts'

/** `group`: what is replaced, with all that is bound together with it. */
type Swap = { ask: Ask; group: HoldRow[]; by: number; passNo: number | null }
export type Swapped = { held: { ask: Ask; row: HoldRow }[]; lost: Lost[]; changes: { seatId: number; status: number }[]; ended: HoldRow[] }

/**
 * Swaps of one round, each whole or not at all: a wanted seat counts as free if it is available or held by what is
 * replaced; the rest of that is freed, the quota changes by the difference, the new hold inherits the deadline. A
 * reservation that was made of the replaced holds ends with reason `swapped`. Only more seats need a pass. The caller
 * ends the transaction with the version bump.
 */
export async function swapHolds(env: SeatEnv, tx: Tx, picture: Picture, asks: Ask[]): Promise<Swapped> {
  const { showId } = picture
  const lost: Lost[] = []
  const keep = <T extends { ask: Ask }>(items: T[], judge: (item: T) => Lost['why'] | undefined) =>
    items.filter((item) => {
      const why = judge(item)
      if (why) lost.push({ ask: item.ask, why })
      return !why
    })

  const ids = asks.flatMap((ask) => [ask.input.holdId, replacedBy(ask) ?? []].flat())
  const rows = new Map((await lockWhole(tx, ids)).map((row) => [row.id, row]))
  let swaps = keep(asks.map((ask) => swapOf(ask, rows)), (swap) => refusalOf(swap, rows, picture))
  const touched = new Set(swaps.flatMap(({ ask, group }) => [...ask.seatIds, ...group.flatMap((hold) => hold.seatIds)]))
  const locked = await lockSeats(tx, [...touched].map((seatId) => ({ showId, seatId })))
  const seats = new Map(locked.map((seat) => [seat.seatId, seat]))
  swaps = keep(swaps, ({ ask, group }) => {
    const own = new Set(group.map((hold) => hold.id))
    const taken = ask.seatIds.filter((id) => {
      const seat = seats.get(id)
      return !(seat?.status === statusCode.available || (seat?.status === statusCode.held && own.has(seat.holdId ?? '')))
    })
    return taken.length > 0 ? { taken } : undefined
  })
  const shifts = swaps.map(({ ask, by, passNo }) => ({ userId: ask.input.userId, by, passNo }))
  const shifted = swaps.length > 0 ? await shiftQuotas(tx, showId, shifts) : new Set()
  swaps = keep(swaps, ({ ask }) => (shifted.has(ask.input.userId) ? undefined : 'quota'))
  if (swaps.length === 0) return { held: [], lost, changes: [], ended: [] }
  return { lost, ...(await write(env, tx, picture, swaps)) }
}

async function write(env: SeatEnv, tx: Tx, { showId, planVersion }: Picture, swaps: Swap[]) {
  const now = env.now()
  const ended = swaps.flatMap((swap) => swap.group)
  await endRows(tx, ended.map((hold) => hold.id), 'swapped', now)
  const held = swaps.map(({ ask, group }) => ({ ask, row: successorOf(ask, group, showId, planVersion) }))
  await insertHolds(tx, held.map(({ row }) => row))
  const taken = held.flatMap(({ row }) => row.seatIds.map((seatId) => ({ seatId, holdId: row.id as string | null })))
  const wanted = new Set(taken.map((seat) => seat.seatId))
  const freed = ended.flatMap((hold) => hold.seatIds).filter((seatId) => !wanted.has(seatId))
  const changes = await swapSeats(tx, showId, [...taken, ...freed.map((seatId) => ({ seatId, holdId: null }))])
  return { held, changes, ended }
}

/** Told after the version bump, which locks the show's row. */
export async function tellSwapped(env: SeatEnv, tx: Tx, { showId }: Picture, { ended, changes }: Swapped) {
  const now = env.now()
  await tellEnded(tx, ended, 'swapped', now)
  await tellReturned(tx, now, changes.map((change) => ({ ...change, showId })))
}

function swapOf(ask: Ask, rows: Map<string, HoldRow>): Swap {
  const old = rows.get(replacedBy(ask) ?? '')
  const bound = old?.reservationId
  const group = old ? (bound ? [...rows.values()].filter((row) => row.reservationId === bound) : [old]) : []
  const by = ask.seatIds.length - group.flatMap((hold) => hold.seatIds).length
  return { ask, group, by, passNo: by > 0 && !(ask.pass instanceof Refusal) ? ask.pass.passNo : null }
}

function refusalOf({ ask, group, by }: Swap, rows: Map<string, HoldRow>, { showId, seats }: Picture): Refusal | undefined {
  const { input, pass, seatIds } = ask
  const old = rows.get(replacedBy(ask) ?? '')
  if (rows.has(input.holdId)) return new Refusal('hold_ended') // a repeat: the look at its row gives the answer
  if (!old || old.userId !== input.userId || old.showId !== showId || old.kind === 'offer') return new Refusal('hold_unknown')
  if (group.some((hold) => hold.pinnedBy !== null)) return new Refusal('payment_in_progress')
  if (group.some((hold) => hold.endedReason !== null)) return new Refusal('hold_ended')
  if (by > 0 && pass instanceof Refusal) return pass
  return sectionRefusal(windowOf(pass, old), seatIds.map((id) => seats[id - 1]))
}

/** Without a pass the sections count that the replaced hold was made with: no swap leads out of the window. */
const windowOf = (pass: Ask['pass'], old: HoldRow | undefined) => ({ sections: pass instanceof Refusal ? (old?.sections ?? null) : pass.sections })

function successorOf({ input, seatIds, hash, source, pass }: Ask, group: HoldRow[], showId: string, planVersion: number): HoldRow {
  return {
    id: input.holdId, showId, userId: input.userId, kind: 'ordinary', planVersion, seatIds,
    until: Math.max(...group.map((hold) => hold.until)),
    heldAt: Math.min(...group.map((hold) => hold.heldAt)),
    resumedAt: group.every((hold) => hold.resumedAt === group[0]?.resumedAt) ? (group[0]?.resumedAt ?? null) : null,
    extensions: Math.max(...group.map((hold) => hold.extensions)),
    extensionIds: [], reservationId: null, pinnedBy: null, requestHash: hash, fellBack: source === 'nearest', endedReason: null,
    ...windowOf(pass, group.find((hold) => hold.id === replacedBy({ input }))),
  }
}
