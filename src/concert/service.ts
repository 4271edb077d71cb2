import type { Database } from '../platform/database.ts'
import { readAudit } from '../platform/audit.ts'
import { refuse } from '../platform/outcome.ts'
import type { Service, Surroundings } from '../platform/service.ts'
import type { concertOperations, Show, ShowDetail } from './api.ts'
import { createCache } from './cache.ts'
import { deleteConcert, onEmptied, onOccupied } from './closing.ts'
import { concertOf, createConcert as addConcert, search, updateConcert } from './concerts.ts'
import { ownConcerts, ownShows } from './organiser.ts'
import { cancelShow, deleteShow, pauseShow, publish, resumeShow, unpublish } from './publishing.ts'
import { type ConcertEnv, owns } from './rules.ts'
import { createShow, createWithShow, planOfShow, setPlan, setPolicies, setPrices, showDetail, showsOf, updateShow } from './shows.ts'
import { addStaff, onErased, removeStaff, staffOf } from './staff.ts'
import { readStaffOf } from './store-organiser.ts'
import { readShow } from './store-shows.ts'
import { readWindows } from './store-windows.ts'
import { onStock } from './stock.ts'
import { setWindows } from './windows.ts'

/**
 * Concerts, shows and what is frozen when a show is published. It calls nobody; seat answers it by events, or the queue
 * where another shop sells the seats: a show then needs neither a plan nor prices.
 */
export function createConcert({ db, now, newId, random, isSoldByShop = false }: Surroundings & { db: Database; isSoldByShop?: boolean }): Service<typeof concertOperations> {
  const env: ConcertEnv = { db, now, newId, random, cache: createCache(db, now), isSoldByShop }
  return {
    api: {
      show: async ({ showId }) => showOf((await env.cache.show(showId)) ?? refuse('show_unknown')),
      audit: (input) => readAudit(db, 'concert', input),
      showDetail: (input) => showDetail(env, input),
      shows: (input) => showsOf(env, input),
      search: (input) => search(env, input),
      concert: (input) => concertOf(env, input),
      ownConcerts: (input) => ownConcerts(env, input),
      ownShows: (input) => ownShows(env, input),
      createConcert: (input) => addConcert(env, input),
      updateConcert: (input) => updateConcert(env, input),
      deleteConcert: (input) => deleteConcert(env, input),
      createShow: (input) => createShow(env, input),
      createWithShow: (input) => createWithShow(env, input),
      updateShow: (input) => updateShow(env, input),
      deleteShow: (input) => deleteShow(env, input),
      plan: (input) => planOfShow(env, input),
      setPlan: (input) => setPlan(env, input),
      setPrices: (input) => setPrices(env, input),
      windows: async ({ by, showId }) => {
        const show = await readShow(db, showId)
        if (!show || show.status === 'deleted' || !owns(by, show.organiserId)) return refuse('show_unknown')
        return { windows: await readWindows(db, showId) }
      },
      setWindows: (input) => setWindows(env, input),
      setPolicies: (input) => setPolicies(env, input),
      publish: (input) => publish(env, input),
      unpublish: (input) => unpublish(env, input),
      cancelShow: (input) => cancelShow(env, input),
      pauseShow: (input) => pauseShow(env, input),
      resumeShow: (input) => resumeShow(env, input),
      staff: (input) => staffOf(env, input),
      staffOf: async ({ userId }) => ({ staff: await readStaffOf(db, userId) }),
      addStaff: (input) => addStaff(env, input),
      removeStaff: (input) => removeStaff(env, input),
    },
    on: {
      'seat.emptied': onEmptied(env), 'seat.occupied': onOccupied(env),
      'queue.emptied': onEmptied(env), 'queue.occupied': onOccupied(env), 'seat.stock': onStock(env), 'user.erased': onErased,
    },
  }
}

function showOf({ closingResult, cancelledReason, version, createdAt, updatedAt, ...show }: ShowDetail): Show {
  return show
}
