import type { Tx } from '../platform/database.ts'
import type { Envelope } from '../platform/events.ts'
import type { ConcertEnv } from './rules.ts'
import { lockConcerts } from './store-concerts.ts'
import { newlySoldOut, saveSoldOut } from './store-shows.ts'
import type { Stock } from './views.ts'

/** Lists say which concerts are sold out; seat tells of a show at most once a second, and nearly always what is known. */
export const onStock = ({ cache }: ConcertEnv) => async (tx: Tx, events: Envelope[]) => {
  const told = events.map(({ key, data }) => ({ showId: key, soldOut: (data as Pick<Stock, 'availability'>).availability.state === 'sold_out' }))
  const changed = await newlySoldOut(tx, told)
  if (changed.length === 0) return
  await lockConcerts(tx, [...new Set(changed.map(({ concertId }) => concertId))])
  await saveSoldOut(tx, changed)
  tx.afterCommit(() => {
    for (const { concertId } of changed) cache.forget({ concertId, showIds: [] })
  })
}
