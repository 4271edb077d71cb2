import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { genericPlansOf } from '../platform/testing.ts'
import type { By } from './api.ts'
import { assertSound, concertNamed, day, type Ground, hour, openGround, openRoutes, publishedShow, readyShow, startedAt, times } from './testing.ts'
import { readNextShowIds, readOwnConcerts, readOwnShows } from './store-organiser.ts'
import type { Stock } from './views.ts'

let ground: Ground
let routes: Awaited<ReturnType<typeof openRoutes>>
let asked: string[][] = []
before(async () => {
  ground = await openGround()
  routes = await openRoutes(ground, async (showIds) => {
    asked.push(showIds)
    return new Map(showIds.map((id): [string, Stock] => [id, { availability: { state: 'open' }, left: [{ grade: 'VIP', total: 5, available: 3 }] }]))
  })
})
afterEach(() => {
  asked = []
  return assertSound(ground)
})
after(async () => {
  await routes.app.close()
  await ground.close()
})

const iso = (ms: number) => new Date(ms).toISOString()
const ground2 = (organiser: By): Ground => ({ ...ground, organiser })
const organiser = (): By => ({ userId: randomUUID(), role: 'organiser' })
const own = (who: By, query = '') => routes.call('GET', `/api/organiser/concerts${query}`, { who })

test('an organiser sees the own concerts, newest first, drafts with theirs, and what is left of what sells', async () => {
  const who = organiser()
  const mine = ground2(who)
  const { id: bare } = await concertNamed(mine, '아직 회차 없음')
  ground.clock.now += 1_000
  const draft = await readyShow(mine)
  ground.clock.now += 1_000
  const published = await publishedShow(mine)
  await publishedShow(ground2(organiser()))
  const { status, body } = await own(who)
  assert.equal(status, 200)
  type Item = { id: string; showCount: number; shows: { id: string; status: string; left: unknown }[] }
  assert.deepEqual(body.items.map(({ id, showCount, shows }: Item) => [id, showCount, shows.map((show) => [show.id, show.status, show.left])]), [
    [published.concertId, 1, [[published.id, 'published', [{ grade: 'VIP', total: 5, available: 3 }]]]], [draft.concertId, 1, [[draft.id, 'draft', null]]], [bare, 0, []],
  ])
  assert.deepEqual([body.nextCursor, asked], [null, [[published.id]]], 'seat is asked once, and not for drafts')
})

test('pages of own concerts miss none and repeat none, also of one instant; a bad cursor and too large a page are bad requests', async () => {
  const who = organiser()
  const made = []
  for (let i = 0; i < 5; i++) made.push((await concertNamed(ground2(who), `쪽 ${i}`)).id)
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await own(who, `?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
    seen.push(...body.items.map(({ id }: { id: string }) => id))
    cursor = body.nextCursor
  }
  assert.deepEqual(seen, made.toSorted().reverse())
  for (const query of ['?cursor=x', `?cursor=${Buffer.from('["a","b"]').toString('base64url')}`, `?cursor=${Buffer.from('[-1,"b"]').toString('base64url')}`, '?limit=31', '?limit=0', '?unknown=1']) assert.equal((await own(who, query)).status, 400, query)
})

test('of many shows a concert shows the next six and says how many there are; what is over comes last, what is deleted never', async () => {
  const who = organiser()
  const mine = ground2(who)
  const { id: concertId } = await concertNamed(mine, '긴 공연')
  const shows: string[] = []
  for (let i = 0; i < 8; i++) shows.push((await readyShow(mine, { concertId, startsAt: times.startsAt + i * day })).id)
  await ground.api.deleteShow({ by: who, showId: shows[7] ?? '' })
  const now = ground.clock.now
  ground.clock.now = times.startsAt + day + 3 * hour
  const [item] = (await own(who)).body.items
  ground.clock.now = now
  assert.deepEqual([item.showCount, item.shows.map(({ id }: { id: string }) => id)], [7, [...shows.slice(2, 7), shows[0]]])
})

test('own shows of a time come by start, page by page, drafts too, nothing of others', async () => {
  const who = organiser()
  const mine = ground2(who)
  const shows = []
  for (let i = 0; i < 3; i++) shows.push((await readyShow(mine, { startsAt: times.startsAt + i * day })).id)
  await readyShow(ground2(organiser()), { startsAt: times.startsAt })
  const of = (query: string, caller: By = who) => routes.call('GET', `/api/organiser/shows?${query}`, { who: caller })
  const range = `from=${iso(times.startsAt)}&to=${iso(times.startsAt + 2 * day)}`
  const first = (await of(`${range}&limit=2`)).body
  const second = (await of(`${range}&limit=2&cursor=${first.nextCursor}`)).body
  assert.deepEqual([...first.items, ...second.items].map(({ id }) => id), shows)
  assert.equal(second.nextCursor, null)
  assert.deepEqual((await of(`from=${iso(times.startsAt + 1)}&to=${iso(times.startsAt + day)}`)).body.items.map(({ id }: { id: string }) => id), [shows[1]])
  assert.ok((await of(range, ground.operator)).body.items.length > 3, 'an operator sees those of all')
  for (const query of ['', `from=${iso(startedAt)}`, 'from=x&to=y', `${range}&limit=101`]) assert.equal((await of(query)).status, 400, query)
})

test('only organisers and operators list what they have', async () => {
  const buyer = { role: 'buyer', userId: randomUUID() }
  for (const url of ['/api/organiser/concerts', `/api/organiser/shows?from=${iso(startedAt)}&to=${iso(startedAt)}`]) {
    assert.equal((await routes.call('GET', url)).body.code, 'sign_in_required')
    assert.equal((await routes.call('GET', url, { who: buyer })).body.code, 'role_required')
  }
  const everything = (await own(ground.operator, '?limit=30')).body.items.map(({ organiserId }: { organiserId: string }) => organiserId)
  assert.ok(new Set(everything).size > 2)
})

test('among many concerts and shows no list reads all of them', async () => {
  const { db } = ground
  const userId = randomUUID()
  await db.transaction(async (tx) => {
    await tx.rows(sql`
      insert into concert.concerts (id, organiser_id, title, title_normalised, bigrams, description, venue, request_hash, created_at, updated_at)
      select gen_random_uuid(), gen_random_uuid(), 'x', 'x', '{}', '', 'x', 'x', now() + n * interval '1 second', now() from generate_series(1, 20000) as n`)
    await tx.rows(sql`
      insert into concert.shows (id, concert_id, starts_at, ends_at, time_zone, tickets_per_user_max, cutoff_minutes, request_hash, created_at, updated_at)
      select gen_random_uuid(), id, created_at, created_at + interval '1 hour', 'Asia/Seoul', 4, 0, 'x', created_at, created_at from concert.concerts where title = 'x'`)
  })
  await db.rows(sql`analyze concert.concerts`)
  await db.rows(sql`analyze concert.shows`)
  const page = { limit: 11, after: { createdAt: startedAt, startsAt: startedAt, id: userId } }
  const plans = {
    own: await genericPlansOf(db, (reader) => readOwnConcerts(reader, { organiserId: userId, ...page })),
    all: await genericPlansOf(db, (reader) => readOwnConcerts(reader, { organiserId: null, ...page })),
    next: await genericPlansOf(db, (reader) => readNextShowIds(reader, [userId], { now: startedAt, most: 6 })),
    shows: await genericPlansOf(db, (reader) => readOwnShows(reader, { organiserId: userId, from: startedAt, before: startedAt + day, ...page })),
    allShows: await genericPlansOf(db, (reader) => readOwnShows(reader, { organiserId: null, from: startedAt, before: startedAt + day, ...page })),
  }
  for (const [name, plan] of Object.entries(plans)) assert.doesNotMatch(plan, /Seq Scan on (concerts|shows)/, `${name}: ${plan}`)
  await db.rows(sql`delete from concert.shows where request_hash = 'x'`)
  await db.rows(sql`delete from concert.concerts where title = 'x'`)
})

test('staff is a relation of a concert: named once, taken off, each change in the audit, nothing for strangers', async () => {
  const who = organiser()
  const { api } = ground
  const { id: concertId } = await concertNamed(ground2(who), '문 여는 사람')
  const [first, second] = [randomUUID(), randomUUID()]
  await api.addStaff({ by: who, concertId, userId: first })
  ground.clock.now += 1_000
  const two = await api.addStaff({ by: who, concertId, userId: second })
  assert.deepEqual(two.staff.map(({ userId }) => userId), [first, second])
  assert.deepEqual(await api.addStaff({ by: who, concertId, userId: first }), two, 'named already: as it is')
  const one = await api.removeStaff({ by: who, concertId, userId: first })
  assert.deepEqual([one, await api.removeStaff({ by: who, concertId, userId: first })], [{ staff: two.staff.slice(1) }, one])
  const acts = (await ground.audited(concertId)).filter(({ action }) => action.startsWith('staff.'))
  assert.deepEqual(acts, [
    { actor: who.userId, action: 'staff.add', before: null, after: { userId: first } }, { actor: who.userId, action: 'staff.add', before: null, after: { userId: second } },
    { actor: who.userId, action: 'staff.remove', before: { userId: first }, after: null },
  ])
  const by = organiser()
  for (const call of [() => api.staff({ by, concertId }), () => api.addStaff({ by, concertId, userId: first }), () => api.removeStaff({ by, concertId, userId: second }), () => api.staff({ by: who, concertId: randomUUID() })])
    await assert.rejects(call, { code: 'concert_unknown' })
  assert.deepEqual(await api.staff({ by: ground.operator, concertId }), one)
})

test('a concert has at most a hundred staff, however many are named at once', async () => {
  const who = organiser()
  const { id: concertId } = await concertNamed(ground2(who), '백 명')
  const answers = await Promise.allSettled(Array.from({ length: 103 }, () => ground.api.addStaff({ by: who, concertId, userId: randomUUID() })))
  assert.equal(answers.filter(({ status }) => status === 'rejected').length, 3)
  assert.equal((await ground.api.staff({ by: who, concertId })).staff.length, 100)
})
