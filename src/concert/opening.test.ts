import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import sql from 'sql-template-tag'
import type { Database } from '../platform/database.ts'
import { genericPlansOf } from '../platform/testing.ts'
import { cachedMs } from './cache.ts'
import { searchConcerts } from './store-concerts.ts'
import { assertSound, concertNamed, day, type Ground, hour, openGround, readyShow, startedAt, times } from './testing.ts'

const minute = 60_000
let ground: Ground
let reads = 0
before(async () => {
  ground = await openGround((db: Database) => ({ ...db, rows: (query) => {
    reads++
    return db.rows(query)
  } }))
})
beforeEach(() => {
  ground.clock.now = startedAt
})
after(async () => {
  await assertSound(ground)
  await ground.close()
})

type Search = Partial<Parameters<Ground['api']['search']>[0]>
const search = (given: Search = {}) => ground.api.search({ page: 0, size: 20, ...given })
const titles = async (given: Search) => (await search(given)).items.map(({ title }) => title)
const saleOf = async (title: string) => {
  const { opensAt, openedAt, closesAt } = (await search({ title })).items[0] ?? assert.fail(title)
  return { opensAt, openedAt, closesAt }
}

/** A concert whose one show has these windows, each from and to minutes after the beginning; not published yet. */
async function concertOn(title: string, windows: [opens: number, closes: number][], startsAt = times.startsAt) {
  const { id: concertId } = await concertNamed(ground, title)
  const show = await readyShow(ground, { concertId, startsAt })
  await ground.api.setWindows({ by: ground.organiser, showId: show.id, windows: windows.map(([opens, closes], i) => ({
    name: `${i}`, opensAt: startedAt + opens * minute, closesAt: startedAt + closes * minute, audience: 'everyone' as const, sections: null,
  })) })
  return { concertId, showId: show.id }
}
async function publishedOn(...given: Parameters<typeof concertOn>) {
  const made = await concertOn(...given)
  await ground.api.publish({ by: ground.organiser, showId: made.showId })
  return made
}
const nothing = { opensAt: null, openedAt: null, closesAt: null }

test('a concert says when its next sales window opens and until when one is open, of published shows only', async () => {
  const { api, organiser: by, clock } = ground
  const { showId } = await concertOn('다음 예매', [[60, 120], [180, 240]])
  assert.deepEqual(await saleOf('다음 예매'), nothing)
  await api.publish({ by, showId })
  const at = (minutes: number) => startedAt + minutes * minute
  assert.deepEqual(await saleOf('다음 예매'), { ...nothing, opensAt: at(60) })
  clock.now = at(60)
  assert.deepEqual(await saleOf('다음 예매'), { opensAt: at(180), openedAt: at(60), closesAt: at(120) })
  clock.now = at(120)
  assert.deepEqual(await saleOf('다음 예매'), { ...nothing, opensAt: at(180) })
  clock.now = at(200)
  assert.deepEqual(await saleOf('다음 예매'), { opensAt: null, openedAt: at(180), closesAt: at(240) })
  await api.unpublish({ by, showId })
  assert.deepEqual(await saleOf('다음 예매'), nothing)
})

test('a sale ends with the start of its show, whatever its window says', async () => {
  const startsAt = startedAt + 3 * day
  await publishedOn('늦은 창', [[-60, 10 * 24 * 60]], startsAt)
  assert.deepEqual(await saleOf('늦은 창'), { opensAt: null, openedAt: startedAt - hour, closesAt: startsAt })
  ground.clock.now = startsAt
  assert.deepEqual(await saleOf('늦은 창'), nothing)
})

test('a concert is sold out when every show that is on sale is, at once where seat told it, and no longer when seats come back', async () => {
  const { id: concertId } = await concertNamed(ground, '두 번 공연')
  const [first, second, later] = await Promise.all(([[-60, 600], [-60, 600], [60, 600]] as const).map(async ([opens, closes]) => {
    const show = await readyShow(ground, { concertId })
    await ground.api.setWindows({ by: ground.organiser, showId: show.id, windows: [{ name: 'w', opensAt: startedAt + opens * minute, closesAt: startedAt + closes * minute, audience: 'everyone', sections: null }] })
    await ground.api.publish({ by: ground.organiser, showId: show.id })
    return show.id
  })) as [string, string, string]
  const soldOut = async () => (await search({ title: '두 번 공연' })).items[0]?.soldOut
  const says = (state: string, ...showIds: string[]) => ground.seatSays('seat.stock', showIds, { availability: { state } })
  assert.equal(await soldOut(), false)
  await says('sold_out', first)
  assert.equal(await soldOut(), false, 'another show has seats')
  await says('all_held', second)
  assert.equal(await soldOut(), false, 'a basket may come back')
  await says('sold_out', first, second)
  assert.equal(await soldOut(), true, 'the show that opens later does not matter yet')
  await says('open', second)
  assert.equal(await soldOut(), false)
  await says('sold_out', second)
  ground.clock.now += 60 * minute
  assert.equal(await soldOut(), false, 'the later one has opened')
  await says('sold_out', later)
  assert.equal(await soldOut(), true)
  const version = await ground.api.showDetail({ showId: first, viewer: { userId: ground.organiser.userId, role: 'organiser' } }).then((show) => show.version)
  await says('open', first)
  assert.equal((await ground.api.showDetail({ showId: first, viewer: { userId: ground.organiser.userId, role: 'organiser' } })).version, version, 'no edit of an organiser is overtaken by a sale')
  ground.clock.now += 600 * minute
  assert.equal(await soldOut(), false, 'nothing is on sale')
})

test('a page that was read is not kept past the moment when a window of it opens or closes; one read serves all who ask then', async () => {
  await publishedOn('정각', [[60, 120]])
  for (const [minutes, before, then] of [[60, { opensAt: startedAt + hour }, { openedAt: startedAt + hour }], [120, { openedAt: startedAt + hour }, nothing]] as const) {
    ground.clock.now = startedAt + minutes * minute - cachedMs / 2
    const read = await saleOf('정각')
    assert.deepEqual({ ...read, ...before }, read)
    ground.clock.now = startedAt + minutes * minute - 1
    reads = 0
    assert.deepEqual(await saleOf('정각'), read)
    assert.equal(reads, 0, 'still as it was')
    ground.clock.now += 1
    for (const said of await Promise.all(Array.from({ length: 20 }, () => saleOf('정각')))) assert.deepEqual({ ...said, ...then }, said)
    assert.equal(reads, 2, 'one count and one page')
  }
})

test('what opens within the hour is found before what opened within it and is open, nearest first, wherever it stands in the list', async () => {
  await publishedOn('곧엶 나중', [[60, 600]])
  await publishedOn('곧엶 먼저', [[5, 600]], times.startsAt + day)
  await publishedOn('곧엶 아직', [[-50, 600]], times.startsAt - day)
  await publishedOn('곧엶 방금', [[0, 600]])
  await publishedOn('곧엶 너무 늦게', [[61, 600]])
  await publishedOn('곧엶 옛날', [[-60, 600]])
  await publishedOn('곧엶 끝난', [[-30, -1]])
  await publishedOn('곧엶 둘째 창', [[-2_000, -1_000], [30, 90], [100, 120]])
  await concertOn('곧엶 초안', [[10, 600]])
  const { showId } = await publishedOn('곧엶 취소', [[10, 600]])
  await ground.api.cancelShow({ by: ground.organiser, showId, reason: '우천' })
  assert.deepEqual(await titles({ title: '곧엶 ', openingMinutes: 60 }), ['곧엶 먼저', '곧엶 둘째 창', '곧엶 나중', '곧엶 방금', '곧엶 아직'])
  const [first] = await titles({ title: '곧엶 ', openingMinutes: 60, sort: 'date' })
  assert.equal(first, '곧엶 아직')
  const [last] = await titles({ title: '곧엶 ', openingMinutes: 60, sort: '-date' })
  assert.equal(last, '곧엶 먼저')
  const second = await search({ title: '곧엶 ', openingMinutes: 60, page: 1, size: 3 })
  assert.deepEqual([second.totalElements, second.totalPages, second.items.map(({ title }) => title)], [5, 2, ['곧엶 방금', '곧엶 아직']], 'what is still to open is cut last')
})

test('what opens about now is looked up by its opening among 20,000 windows, not read from all of them', async () => {
  const { db, organiser } = ground
  await db.rows(sql`
    insert into concert.concerts (id, organiser_id, title, title_normalised, bigrams, description, venue, request_hash, created_at, updated_at)
    select gen_random_uuid(), ${organiser.userId}, 'x', 'x', '{}', '', '', '', now(), now() from generate_series(1, 5000)`)
  await db.rows(sql`
    insert into concert.shows (id, concert_id, status, starts_at, ends_at, time_zone, plan, tickets_per_user_max, cutoff_minutes, request_hash, created_at, updated_at)
    select gen_random_uuid(), c.id, 'published', ${new Date(times.startsAt)}, ${new Date(times.endsAt)}, 'Asia/Seoul', '{}', 4, 0, '', now(), now()
    from concert.concerts c where c.title = 'x'`)
  await db.rows(sql`
    insert into concert.windows (id, show_id, name, opens_at, closes_at, audience)
    select gen_random_uuid(), s.id, n::text, ${new Date(startedAt)}::timestamptz + n * interval '3 days', ${new Date(startedAt)}::timestamptz + n * interval '3 days' + interval '1 day', 'everyone'
    from concert.shows s join concert.concerts c on c.id = s.concert_id, generate_series(1, 4) n where c.title = 'x'`)
  for (const table of ['concerts', 'shows', 'windows']) await db.rows(sql([`analyze concert.${table}`]))
  const plan = await genericPlansOf(db, (reader) =>
    searchConcerts({ ...db, ...reader }, { title: undefined, from: undefined, before: undefined, openingMinutes: 60 }, { sort: 'opening', page: 0, size: 24 }, startedAt), [{ count: 0 }])
  assert.match(plan, /windows_by_opening/)
  assert.doesNotMatch(plan, /Seq Scan/)
  // they have neither a plan nor prices
  await db.rows(sql`update concert.shows set status = 'deleted' where prices = '[]'`)
})
