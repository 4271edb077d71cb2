import type { Tx } from '../platform/database.ts'
import type { Envelope } from '../platform/events.ts'
import type { ConcertEnv } from './rules.ts'
import { saveSoldOut } from './store-shows.ts'
import type { Stock } from './views.ts'

/** Lists say which concerts are sold out; seat tells of a show at most once a second, and nearly always what is known. */
export const onStock = ({ cache }: ConcertEnv) => async (tx: Tx, events: Envelope[]) => {
  const told = events.map(({ key, data }) => ({ showId: key, soldOut: (data as Pick<Stock, 'availability'>).availability.state === 'sold_out' }))
  const changed = await saveSoldOut(tx, told)
  tx.afterCommit(() => {
    for (const { concertId } of changed) cache.forget({ concertId, showIds: [] })
  })
}
