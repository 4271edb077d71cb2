import type { ConcertServiceApi } from '../concert/api.ts'
import { readAudit } from '../platform/audit.ts'
import { batched } from '../platform/batch.ts'
import type { Database } from '../platform/database.ts'
import { refuse } from '../platform/outcome.ts'
import type { Service, Surroundings } from '../platform/service.ts'
import type { SeatApi } from '../seat/api.ts'
import type { reservationOperations } from './api.ts'
import { type Cancel, cancelMany, type Cancelled } from './cancellation.ts'
import { type Create, create, insertMany, readStored, type Stored } from './creation.ts'
import { closeCancelledShows, endClosedShows, endHolds, releaseCancelled, releaseHolds } from './ending.ts'
import { figures, refunds, sold } from './figures.ts'
import { confirmMany, pinMany, unpinMany } from './pinning.ts'
import { createShows } from './prices.ts'
import { createReader, story } from './reading.ts'
import { holderOf } from './store.ts'
import { salesOf } from './store-shows.ts'

export type ReservationDependencies = {
  db: Database
  seat: Pick<SeatApi, 'reserve' | 'release' | 'deadlines'>
  concert: Pick<ConcertServiceApi, 'show'>
} & Surroundings

/** Reservations from hold to ticket: created on bound holds, pinned and confirmed by payments, ended line by line. */
export function createReservation({ db, seat, concert, now, random }: ReservationDependencies): Service<typeof reservationOperations> {
  const reader = createReader(db, seat)
  const creation = {
    seat, now, random,
    showOf: createShows(concert, now),
    insert: batched((rows: Parameters<typeof insertMany>[1]) => insertMany(db, rows, random)),
    find: async (id: string): Promise<Stored | undefined> => (await readStored(db, [id])).get(id),
  }
  const cancelOne = batched((inputs: Cancel[]) => cancelMany(db, inputs, now()))
  const cancel = async (input: Cancel): Promise<Cancelled> => {
    const cancelled = await cancelOne(input)
    await giveBack(cancelled)
    return cancelled
  }
  /** At once where it goes well; the job repeats what is not known, so that is no reason to fail here. */
  const giveBack = async ({ reservation: { id, userId, status } }: Cancelled) => {
    if (status !== 'cancelled') return
    const row = (await creation.find(id))?.row
    if (row?.releaseAt == null || row.holdId === null) return
    const [bug] = await releaseHolds(db, seat, [{ id, userId, holdId: row.holdId }])
    if (bug) throw bug
  }

  return {
    api: {
      create: (input) => create(creation, input as Create),
      get: async (input) => (await reader.get(input)) ?? refuse('reservation_unknown'),
      list: reader.list,
      pin: batched((inputs) => pinMany(db, inputs, now())),
      unpin: batched((inputs) => unpinMany(db, inputs, now())),
      confirm: batched((inputs) => confirmMany(db, inputs, now())),
      cancel: ({ userId, ...input }) => cancel({ ...input, asker: { kind: 'buyer', userId } } as Cancel),
      refund: ({ by, showId, ...input }) => cancel({ ...input, asker: { kind: 'organiser', by, showId } }),
      audit: (input) => readAudit(db, 'reservation', input),
      holder: async (input) => ({ userId: (await holderOf(db, input)) ?? null }),
      sales: ({ showId }) => salesOf(db, showId),
      figures: ({ showId }) => figures(db, concert, showId, now()),
      refunds: (input) => refunds(db, input as Parameters<typeof refunds>[1]),
      sold: (input) => sold(db, input),
      ofBuyer: reader.ofBuyer,
      story: (input) => story(db, input),
    },
    on: {
      'seat.hold_ended': (tx, events) => endHolds(tx, events, now()),
      'show.cancelled': (tx, events) => closeCancelledShows(tx, events, now()),
    },
    jobs: [
      { name: 'reservation.end-closed-shows', everyMs: 1_000, run: () => endClosedShows(db, now) },
      { name: 'reservation.release', everyMs: 1_000, run: () => releaseCancelled(db, seat, now) },
    ],
  }
}
