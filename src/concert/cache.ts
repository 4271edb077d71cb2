import { LRUCache } from 'lru-cache'
import type { Static } from 'typebox'
import type { Database } from '../platform/database.ts'
import type { concertOperations, ShowDetail } from './api.ts'
import { type ConcertRow, type Page, readConcert, type Search, searchConcerts } from './store-concerts.ts'
import { readShow } from './store-shows.ts'

export type SearchAnswer = Static<(typeof concertOperations)['search']['output']>
export type Cache = {
  /** undefined when there is none */
  show(showId: string): Promise<ShowDetail | undefined>
  concert(concertId: string): Promise<ConcertRow | undefined>
  search(search: Search, page: Page): Promise<SearchAnswer>
  /** Drops what a committed change made old. */
  forget(changed: { concertId: string; showIds: string[] }): void
}

/**
 * Readers at other processes see a change after at most this long, at this one at once; owners read what is stored. Of what
 * the clock alone changes, the next opening and the end that a page names are seen at once; what opens about now by then,
 * or no longer does, and the end of one of two open windows before the one that is named, after at most this long.
 */
export const cachedMs = 2_000
const showsMax = 5_000
const concertsMax = 5_000
const pagesMax = 500

/**
 * Copies of what everybody reads, for reading only: no write decides by them, and how many seats are left is never
 * among them, only whether none is, as seat told last. Who asks while a copy is being read waits for that same read. A copy whose read began before a change is
 * not kept.
 */
export function createCache(db: Database, now: () => number): Cache {
  const shows = cached<ShowDetail>(showsMax, now, (showId) => readShow(db, showId))
  const concerts = cached<ConcertRow>(concertsMax, now, (concertId) => readConcert(db, concertId))
  // the key holds everything that the answer depends on
  const pages = cached<SearchAnswer>(pagesMax, now, (key) => {
    const [search, page] = JSON.parse(key) as [Search, Page]
    return searchPage(db, search, page, now())
  })
  return {
    show: async (showId) => {
      const show = await shows.fetch(showId)
      // what nobody can buy yet has no crowd; once published, no process must say for a while that it is not there
      if (show?.status === 'draft') shows.delete(showId)
      return show
    },
    concert: (concertId) => concerts.fetch(concertId),
    search: async (search, page) => {
      const key = JSON.stringify([search, page])
      if (isOver(pages.get(key), now())) pages.delete(key)
      return (await pages.fetch(key)) ?? searchPage(db, search, page, now())
    },
    forget: ({ concertId, showIds }) => {
      concerts.delete(concertId)
      for (const showId of showIds) shows.delete(showId)
      pages.clear()
    },
  }
}

function cached<V extends object>(max: number, now: () => number, read: (key: string) => Promise<V | undefined>) {
  return new LRUCache<string, V>({
    max,
    ttl: cachedMs,
    ttlResolution: 0,
    perf: { now },
    // a read that a change overtook still answers who asked before the change, but is not kept
    ignoreFetchAbort: true,
    fetchMethod: read,
  })
}

/** What a page says of sales is over when the first opening or end that it names has come. */
const isOver = (page: SearchAnswer | undefined, now: number) =>
  page?.items.some(({ opensAt, closesAt }) => (opensAt !== null && opensAt <= now) || (closesAt !== null && closesAt <= now)) ?? false

async function searchPage(db: Database, search: Search, page: Page, now: number): Promise<SearchAnswer> {
  const { count, items } = await searchConcerts(db, search, page, now)
  return { totalElements: count, totalPages: Math.ceil(count / page.size), page: page.page, size: page.size, items }
}
