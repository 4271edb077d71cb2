import type { Static } from 'typebox'
import { type By, concertLimits, type concertOperations, type ShowDetail } from './api.ts'
import type { ConcertEnv } from './rules.ts'
import { readNextShowIds, readOwnConcerts, readOwnShows, readShowsById } from './store-organiser.ts'

type Inputs = { [Name in keyof typeof concertOperations]: Static<(typeof concertOperations)[Name]['input']> }

/** An operator owns every concert. */
const organiserOf = ({ userId, role }: By) => (role === 'operator' ? null : userId)

/** Newest first, read from what is stored: who made a concert a moment ago sees it. */
export async function ownConcerts({ db, now }: ConcertEnv, { by, after, limit }: Inputs['ownConcerts']) {
  const concerts = await readOwnConcerts(db, { organiserId: organiserOf(by), after, limit })
  const counted = await readNextShowIds(db, concerts.map(({ id }) => id), { now: now(), most: concertLimits.ownShowsShownMax })
  const shows = new Map((await readShowsById(db, counted.flatMap(({ showIds }) => showIds))).map((show) => [show.id, show]))
  return {
    concerts: concerts.map((concert) => {
      const { showCount, showIds } = counted.find(({ concertId }) => concertId === concert.id) ?? { showCount: 0, showIds: [] }
      return { concert, showCount, shows: showIds.map((id) => shows.get(id)).filter((show): show is ShowDetail => show !== undefined) }
    }),
  }
}

export async function ownShows({ db }: ConcertEnv, { by, from, before, after, limit }: Inputs['ownShows']) {
  return { shows: await readOwnShows(db, { organiserId: organiserOf(by), from, before, after, limit }) }
}
