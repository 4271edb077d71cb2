import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import type { Database } from '../platform/database.ts'
import { genericPlansOf } from '../platform/testing.ts'
import { cachedMs } from './cache.ts'
import { searchConcerts } from './store-concerts.ts'
import { assertSound, codeOf, concertNamed, day, type Ground, openGround, publishedShow, startedAt, times } from './testing.ts'
import { bigramsOf, normalised } from './title.ts'

let ground: Ground
/** Statements that reached the database, and a gate that holds reads back while it is shut. */
const seen = { reads: 0, answered: 0, gate: Promise.resolve() }
const counting = (db: Database): Database => ({
  ...db,
  rows: async (query) => {
    seen.reads++
    const rows = await db.rows<never>(query)
    seen.answered++
    await seen.gate
    return rows
  },
})
before(async () => {
  ground = await openGround(counting)
})
after(async () => {
  await assertSound(ground)
  await ground.close()
})

type Search = Partial<Parameters<Ground['api']['search']>[0]>
const search = (given: Search = {}) => ground.api.search({ page: 0, size: 20, ...given })
const titles = async (given: Search = {}) => (await search(given)).items.map(({ title }) => title)

test('a title is found by any two characters of it, two-syllable Korean too, in any case and form (G1)', async () => {
  for (const title of ['아이유 골든아워', 'BTS  Yet To  Come', '블랙핑크 BORN', 'Ólafur Arnalds', '아 이 별']) await concertNamed(ground, title)
  assert.deepEqual(await titles({ title: '아이' }), ['아이유 골든아워'])
  assert.deepEqual(await titles({ title: '아이'.normalize('NFD') }), ['아이유 골든아워'])
  assert.deepEqual(await titles({ title: 'bts yet' }), ['BTS  Yet To  Come'])
  assert.deepEqual(await titles({ title: '핑크 born' }), ['블랙핑크 BORN'])
  assert.deepEqual(await titles({ title: ' ÓLAFUR ' }), ['Ólafur Arnalds'])
  assert.deepEqual(await titles({ title: '없는 것' }), [])
  assert.equal((await titles({ title: ' ' })).length, 5, 'blank is no filter')
})

test('pairs alone do not decide: the characters must stand together', async () => {
  await concertNamed(ground, 'abxbc')
  assert.deepEqual(await titles({ title: 'abc' }), [])
  assert.deepEqual(await titles({ title: 'xbc' }), ['abxbc'])
  assert.deepEqual(await titles({ title: '%_' }), [], 'no wildcards')
})

test('one character is refused, an emoji is one character', async () => {
  for (const title of ['아', ' a ', '🎹']) assert.equal(await codeOf(search({ title })), 'request_invalid', title)
})

test('bigrams and normal form', () => {
  assert.deepEqual(bigramsOf('abab'), ['ab', 'ba'])
  assert.deepEqual(bigramsOf('가'), [])
  assert.equal(normalised('  ΟΔΟΣ\t 가 '), 'οδοσ 가')
  for (const text of ['İstanbul', 'ΟΔΟΣ', '가각'.normalize('NFD')]) assert.equal(normalised(normalised(text)), normalised(text))
})

test('page 2 differs from page 1, and each sort has its own order (F1)', async () => {
  for (const [index, name] of ['다', '가', '나'].entries()) {
    ground.clock.now = startedAt + index * 1_000
    const { id: concertId } = await concertNamed(ground, `정렬 ${name}`)
    await publishedShow(ground, { concertId, startsAt: times.startsAt + index * day })
  }
  ground.clock.now = startedAt
  await concertNamed(ground, '정렬 날짜 없음')
  const by = (sort: NonNullable<Search['sort']>) => titles({ title: '정렬', sort })
  assert.deepEqual(await by('date'), ['정렬 다', '정렬 가', '정렬 나', '정렬 날짜 없음'])
  assert.deepEqual(await by('-date'), ['정렬 나', '정렬 가', '정렬 다', '정렬 날짜 없음'])
  assert.deepEqual(await by('title'), ['정렬 가', '정렬 나', '정렬 날짜 없음', '정렬 다'])
  assert.deepEqual((await by('-created')).slice(0, 2), ['정렬 나', '정렬 가'])
  assert.deepEqual(await titles({ title: '정렬' }), await by('date'), 'date is the default')
  const page = (number: number, size = 2) => search({ title: '정렬', page: number, size })
  const [first, second, beyond] = [await page(0), await page(1), await page(2)]
  assert.deepEqual(first.items.map(({ title }) => title), ['정렬 다', '정렬 가'])
  assert.deepEqual(second.items.map(({ title }) => title), ['정렬 나', '정렬 날짜 없음'])
  assert.deepEqual({ ...second, items: [] }, { totalElements: 4, totalPages: 2, page: 1, size: 2, items: [] })
  assert.deepEqual(beyond, { totalElements: 4, totalPages: 2, page: 2, size: 2, items: [] })
  assert.equal((await page(0, 3)).items.length, 3, 'the size is part of what is remembered')
})

test('size and sort are bounded (G2)', async () => {
  for (const given of [{ size: 0 }, { size: 101 }, { page: -1 }, { sort: 'price' as 'date' }])
    assert.equal(await codeOf(search(given)), 'request_invalid')
})

test('from and before look at the starts of shows that are not drafts', async () => {
  const { id: concertId } = await concertNamed(ground, '날짜 검색')
  const start = times.startsAt + 100 * day
  await publishedShow(ground, { concertId, startsAt: start })
  await publishedShow(ground, { concertId, startsAt: start + 10 * day })
  const found = async (given: Search) => (await titles({ title: '날짜 검색', ...given })).length === 1
  assert.equal(await found({ from: start }), true)
  assert.equal(await found({ from: start + 10 * day + 1 }), false)
  assert.equal(await found({ before: start }), false)
  assert.equal(await found({ before: start + 1 }), true)
  assert.equal(await found({ from: start + 1, before: start + 10 * day }), false, 'nothing between its shows')
  assert.equal(await found({ from: start + 1, before: start + 10 * day + 1 }), true)
  const draft = await concertNamed(ground, '날짜 초안')
  await ground.api.createShow({ by: ground.organiser, concertId: draft.id, ...times })
  assert.deepEqual(await titles({ title: '날짜 초안', from: startedAt }), [])
})

test('what is over may be left out: when its last show starts; what has no date yet is still to come', async () => {
  const { id: concertId } = await concertNamed(ground, '오래갈 공연')
  const { endsAt, startsAt } = await publishedShow(ground, { concertId, startsAt: times.startsAt + 5 * day })
  await publishedShow(ground, { concertId, startsAt: times.startsAt + 7 * day })
  await concertNamed(ground, '오래갈 미정')
  const coming = (now: number) => {
    ground.clock.now = now
    return titles({ title: '오래갈', over: false })
  }
  assert.deepEqual(await coming(endsAt), ['오래갈 공연', '오래갈 미정'])
  assert.deepEqual(await coming(startsAt + 2 * day - 1), ['오래갈 공연', '오래갈 미정'])
  assert.deepEqual(await coming(startsAt + 2 * day + 2_000), ['오래갈 미정'], 'this process says so after two seconds at most')
  assert.deepEqual(await titles({ title: '오래갈' }), ['오래갈 공연', '오래갈 미정'])
  ground.clock.now = startedAt
})

test('a change is seen at once in this process: search, concert and show (F3)', async () => {
  const { api, organiser: by } = ground
  const show = await publishedShow(ground, { concertId: (await concertNamed(ground, '옛 제목')).id })
  const { concertId, id: showId } = show
  await Promise.all([search({ title: '옛 제' }), api.concert({ concertId }), api.show({ showId })])
  await api.updateConcert({ by, concertId, title: '새 제목', venue: '새 홀' })
  assert.deepEqual(await titles({ title: '옛 제' }), [])
  assert.deepEqual(await titles({ title: '새 제' }), ['새 제목'])
  assert.equal((await api.concert({ concertId })).title, '새 제목')
  assert.deepEqual([(await api.show({ showId })).title, (await api.show({ showId })).venue], ['새 제목', '새 홀'])
  await api.unpublish({ by, showId })
  assert.equal((await api.show({ showId })).status, 'closing')
  await ground.seatSays('seat.emptied', [showId], { purpose: 'unpublish' })
  assert.equal((await api.show({ showId })).status, 'draft')
  await api.deleteConcert({ by, concertId })
  assert.deepEqual(await titles({ title: '새 제' }), [])
})

test('another process sees a change after two seconds', async () => {
  const { organiser: by, clock } = ground
  const { api: other } = ground.again()
  const { id: concertId } = await concertNamed(ground, '먼 곳')
  await other.concert({ concertId })
  await ground.api.updateConcert({ by, concertId, title: '가까운 곳', venue: '홀' })
  clock.now += cachedMs
  assert.equal((await other.concert({ concertId })).title, '먼 곳')
  clock.now += 1
  assert.equal((await other.concert({ concertId })).title, '가까운 곳')
  clock.now = startedAt
})

test('who asks while a page is being read waits for that read', async () => {
  await concertNamed(ground, '동시에 많이')
  seen.reads = 0
  const answers = await Promise.all(Array.from({ length: 50 }, () => search({ title: '동시에' })))
  assert.equal(seen.reads, 2, 'one count and one page')
  assert.equal(answers.every(({ totalElements }) => totalElements === 1), true)
  await search({ title: '동시에' })
  assert.equal(seen.reads, 2)
})

test('a read that a change overtook is not kept', async () => {
  const { api, organiser: by } = ground
  const { id: concertId } = await concertNamed(ground, '추월 전')
  let open = () => {}
  seen.gate = new Promise((resolve) => {
    open = resolve
  })
  seen.answered = 0
  const slow = api.concert({ concertId })
  const slowPage = search({ title: '추월' })
  while (seen.answered < 2) await new Promise(setImmediate)
  await api.updateConcert({ by, concertId, title: '추월 후', venue: '홀' })
  const later = api.concert({ concertId })
  seen.gate = Promise.resolve()
  open()
  assert.equal((await slow).title, '추월 전')
  assert.equal((await slowPage).totalElements, 1)
  assert.equal((await later).title, '추월 후')
  assert.equal((await api.concert({ concertId })).title, '추월 후')
  assert.deepEqual(await titles({ title: '추월' }), ['추월 후'])
})

test('a failed read is not remembered', async () => {
  const { id: concertId } = await concertNamed(ground, '실패')
  seen.gate = Promise.reject(new Error('gone'))
  seen.gate.catch(() => undefined)
  await assert.rejects(ground.api.concert({ concertId }), /gone/)
  seen.gate = Promise.resolve()
  assert.equal((await ground.api.concert({ concertId })).title, '실패')
})

test('two characters use the index among 6,000 concerts, sequential scans allowed', async () => {
  const { db, organiser } = ground
  const syllables = [...'가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허']
  const names = Array.from({ length: 6_000 }, (_, i) => {
    const at = (step: number) => syllables[(i * 7 + step * (1 + (i % 13))) % syllables.length]
    return `${at(1)}${at(2)}${at(3)} ${i}`
  })
  const rows = names.map((name) => ({ name, bigrams: bigramsOf(normalised(name)) }))
  await db.rows(sql`
    insert into concert.concerts (id, organiser_id, title, title_normalised, bigrams, description, venue, request_hash, created_at, updated_at)
    select gen_random_uuid(), ${organiser.userId}, r.name, r.name, array(select jsonb_array_elements_text(r.bigrams)), '', '', '', now(), now()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(name text, bigrams jsonb)`)
  await db.rows(sql`analyze concert.concerts`)
  for (const sort of ['date', '-date', 'title', '-created'] as const) {
    const plans = await genericPlansOf(db, (reader) =>
      searchConcerts({ ...db, ...reader }, { title: '아이', from: undefined, before: undefined }, { sort, page: 0, size: 24 }, startedAt), [{ count: 0 }])
    assert.equal(plans.match(/Bitmap Index Scan on concerts_by_bigrams/g)?.length, 2, `the count and the page by ${sort}:\n${plans}`)
    assert.doesNotMatch(plans, /Seq Scan on concerts/)
  }
  const [setting] = await db.rows<{ enable_seqscan: string }>(sql`show enable_seqscan`)
  assert.equal(setting?.enable_seqscan, 'on')
})
