import type { Static } from 'typebox'
import { writeAudit } from '../platform/audit.ts'
import type { Tx } from '../platform/database.ts'
import { requestHash } from '../platform/identity.ts'
import { refuse } from '../platform/outcome.ts'
import type { By, Concert, concertOperations, ConcertText } from './api.ts'
import { isName } from './plan-rules.ts'
import { changeConcert, type ConcertEnv, isRepeat, maySetUp, refuseWhileClosing } from './rules.ts'
import { type ConcertRow, insertConcert, lockConcerts, readConcert, saveConcert } from './store-concerts.ts'
import { lockShowsOf } from './store-shows.ts'
import { wantedTitle } from './title.ts'

type Inputs = { [Name in keyof typeof concertOperations]: Static<(typeof concertOperations)[Name]['input']> }
type Text = Static<typeof ConcertText>

/** A page of the public list; see the operation for what its fields mean. */
export async function search(env: ConcertEnv, { title, from, before, openingMinutes, over, sort, page, size }: Inputs['search']) {
  return env.cache.search({ title: wantedTitle(title), from, before, openingMinutes, over }, { sort: sort ?? (openingMinutes === undefined ? 'date' : 'opening'), page, size })
}

export async function concertOf(env: ConcertEnv, { concertId, viewer }: Inputs['concert']): Promise<Concert> {
  const concert = await (maySetUp(viewer) ? readConcert(env.db, concertId) : env.cache.concert(concertId))
  return concert && concert.deletedAt === null ? shown(concert) : refuse('concert_unknown')
}

export async function createConcert(env: ConcertEnv, input: Inputs['createConcert']): Promise<Concert> {
  const { by, concertId = env.newId(), ...text } = input
  return env.db.transaction((tx) => addConcert(tx, env, by, concertId, text))
}

/** The same id and request is the same concert, however it has moved on. */
export async function addConcert(tx: Tx, env: ConcertEnv, by: By, id: string, given: Text): Promise<Concert> {
  const now = env.now()
  const text = textOf(given)
  const hash = requestHash({ userId: by.userId, ...text })
  const fresh = await insertConcert(tx, { id, organiserId: by.userId, ...text, requestHash: hash }, now)
  const [concert] = await lockConcerts(tx, [id])
  if (!concert || concert.requestHash !== hash) return refuse('idempotency_conflict')
  if (fresh) {
    await writeAudit(tx, 'concert', [{ actor: by.userId, action: 'concert.create', target: id, after: text }], now)
    forget(tx, env, concert, [])
  }
  return shown(concert)
}

export async function updateConcert(env: ConcertEnv, { by, concertId, expectedVersion, ...given }: Inputs['updateConcert']): Promise<Concert> {
  return changeConcert(env, by, concertId, async (tx, concert) => {
    refuseWhileClosing(concert)
    const now = env.now()
    const text = textOf(given)
    if (await isRepeat(concert, expectedVersion, () => requestHash(textOf(concert)) === requestHash(text))) return shown(concert)
    const next = { ...concert, ...text, version: concert.version + 1, updatedAt: now }
    await saveConcert(tx, next, now)
    await writeAudit(tx, 'concert', [{ actor: by.userId, action: 'concert.update', target: concertId, before: textOf(concert), after: text }], now)
    const shows = await lockShowsOf(tx, concertId)
    forget(tx, env, concert, shows.map(({ id }) => id))
    return shown(next)
  })
}

export const forget = (tx: Tx, env: ConcertEnv, { id }: ConcertRow, showIds: string[]) =>
  tx.afterCommit(() => env.cache.forget({ concertId: id, showIds }))

/** Whether the viewer sees drafts of this concert; refuses `concert_unknown`. */
export async function readable(env: ConcertEnv, concertId: string): Promise<ConcertRow> {
  const concert = await readConcert(env.db, concertId)
  return concert && concert.deletedAt === null ? concert : refuse('concert_unknown')
}

function textOf({ title, venue, description = '', poster = null }: Text) {
  for (const [field, text] of Object.entries({ title, venue }))
    if (!isName(text.trim())) refuse('request_invalid', { detail: `${field} is blank or has control characters` })
  return { title: title.trim(), venue: venue.trim(), description, poster }
}

function shown(concert: ConcertRow): Concert {
  const { id, organiserId, title, venue, poster, description, firstShowAt, lastShowAt, createdAt, updatedAt, closingResult, version } = concert
  const closing = concert.deletingAt !== null
  return { id, organiserId, title, venue, poster, description, firstShowAt, lastShowAt, createdAt, updatedAt, closing, closingResult, version }
}
