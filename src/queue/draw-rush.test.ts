import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { queueLimits } from './api.ts'
import { hash } from './draw-hash.ts'
import { orderFrom } from './draw-rules.ts'
import { type Ground, lineRow, minute, openGround, placesOf, someone, verified, type Who } from './testing.ts'

/** DRAW_FANS and DRAW_ROSTER make these as large as a real on-sale; what CI runs is the same, smaller. */
const fansCount = Number(process.env.DRAW_FANS ?? 600)
const rosterCount = Number(process.env.DRAW_ROSTER ?? 20_000)
const cap = Math.max(50, Math.round(fansCount / 100))
const atOnce = 4_000

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: cap })
  // the database itself holds every state that is ever written against the cap
  await ground.db.transaction((tx) => tx.script(`
    create function queue.keep_cap() returns trigger language plpgsql as $$ begin
      if (select sum(live) from queue.lines where show_id = new.show_id) > (select cap from queue.shows where show_id = new.show_id)
      then raise exception 'cap exceeded'; end if;
      return null; end $$;
    create trigger keep_cap after update of live on queue.lines for each row execute function queue.keep_cap()`))
})
after(() => ground.close())

const chunked = <T>(all: T[], size: number) => Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size))

async function lobbyOf(): Promise<string> {
  return ground.publish([{ lobbyOpensAt: ground.clock.now, opensAt: ground.clock.now + 5 * minute }])
}
const open = async () => {
  await ground.pass(5 * minute - queueLimits.sealMs)
  await ground.run('queue.phases')
  await ground.run('queue.draws')
  await ground.pass(queueLimits.sealMs)
  await ground.run('queue.draws')
}

test(`${fansCount} joins over two processes, half in the lobby and half while turns are taken: the order is the drawn one for everybody, the cap holds at every write`, async (t) => {
  const showId = await lobbyOf()
  const replicas = [ground.queue, ground.second()]
  const fans = Array.from({ length: fansCount }, () => someone(showId))
  const half = fansCount / 2
  const startedAt = performance.now()
  const join = (some: Who[]) => Promise.all(some.map((fan, index) => replicas[index % 2]?.join(fan)))
  for (const some of chunked(fans.slice(0, half), atOnce)) await join(some)
  await open()
  t.diagnostic(`${half} in the lobby and drawn after ${Math.round(performance.now() - startedAt)} ms`)
  const late = chunked(fans.slice(half), Math.max(1, Math.ceil(fansCount / 40)))
  const byUser = new Map(fans.map((fan) => [fan.userId, fan]))
  for (let round = 0, called = 0; called < fansCount; round++) {
    const arriving = late.shift() ?? []
    const now = await ground.db.rows<{ userId: string }>(sql`
      select user_id as "userId" from queue.places p join queue.lines l using (window_id) where l.show_id = ${showId} and p.status = 'called'`)
    const turns = now.map(({ userId }) => byUser.get(userId) as Who)
    called += turns.length
    assert(arriving.length > 0 || turns.length > 0, `nobody called in round ${round}`)
    // newcomers, claims and goings at once
    const claims = turns.map((fan, index) => replicas[index % 2]?.pass(verified(fan)))
    await Promise.all([join(arriving), ...claims])
    await Promise.all(turns.map((fan) => ground.queue.leave(fan)))
    while ((await ground.db.rows(sql`select 1 from queue.places where end_pass_no is not null limit 1`)).length > 0) await ground.run('queue.endings')
    await ground.run('queue.admit')
  }
  t.diagnostic(`everybody called after ${Math.round(performance.now() - startedAt)} ms`)
  const { seed } = await ground.queue.draw({ showId })
  const order = orderFrom(hash, seed ?? '', half)
  const calls = await ground.db.rows<{ number: number }>(sql`
    select number from queue.place_events e join queue.lines l using (window_id) where l.show_id = ${showId} and what = 'called' order by e.id`)
  assert.deepEqual(calls.map(({ number }) => number), order.numbersBetween(1, fansCount), 'called in the drawn order, then by arrival')
  assert.deepEqual((await placesOf(ground.db, showId)).map(({ number }) => number), Array.from({ length: fansCount }, (_, index) => index + 1))
  assert.deepEqual(await ground.violations(), [])
})

test(`a roster of ${rosterCount} is hashed while it gathers and drawn in one short transaction, leavers included`, async (t) => {
  const showId = await lobbyOf()
  const { windowId } = await lineRow(ground.db, showId)
  await ground.db.rows(sql`update queue.shows set cap = 50 where show_id = ${showId}`)
  for (let from = 1; from <= rosterCount; from += 50_000) {
    const through = Math.min(rosterCount, from + 49_999)
    await ground.db.rows(sql`
      insert into queue.places (window_id, number, user_id, status, joined_at, ended_at, ended_reason)
      select ${windowId}, n, gen_random_uuid(), case when n % 20 = 0 then 'ended' else 'waiting' end, now(),
        case when n % 20 = 0 then now() end, case when n % 20 = 0 then 'left' end from generate_series(${from}::int, ${through}::int) n`)
  }
  await ground.db.rows(sql`insert into queue.left_blocks select window_id, number / 256, count(*) from queue.places where window_id = ${windowId} and status = 'ended' group by 1, 2`)
  await ground.db.rows(sql`
    insert into queue.place_events (window_id, number, at, what, reason)
    select window_id, number, ended_at, 'ended', ended_reason from queue.places where window_id = ${windowId} and status = 'ended'`)
  await ground.db.rows(sql`update queue.lines set last = ${rosterCount} where window_id = ${windowId}`)
  const timed = async (what: string, act: () => Promise<unknown>) => {
    const at = performance.now()
    await act()
    t.diagnostic(`${what}: ${Math.round(performance.now() - at)} ms`)
  }
  await timed('a run of hashing in the lobby, at most 65,536 places', () => ground.run('queue.draws'))
  await ground.pass(5 * minute - queueLimits.sealMs)
  await ground.run('queue.phases')
  await timed('the rest of the roster and its root', () => ground.run('queue.draws'))
  await ground.pass(queueLimits.sealMs)
  await timed(`the draw with ${rosterCount / 20} who left`, () => ground.run('queue.draws'))
  assert.equal((await lineRow(ground.db, showId)).live, 50)
  const [row] = await ground.db.rows<{ number: number; userId: string }>(sql`
    select number, user_id as "userId" from queue.places where window_id = ${windowId} and status = 'waiting' order by number desc limit 1`)
  const { seed } = await ground.queue.draw({ showId })
  const order = orderFrom(hash, seed ?? '', rosterCount)
  const place = await ground.queue.position({ showId, userId: row?.userId ?? '', sessionId: row?.userId ?? '' })
  assert.equal(place.rank, order.rankOf(row?.number ?? 0))
  const left = order.numbersBetween(1, place.rank ?? 0).filter((number) => number % 20 === 0)
  assert.equal(place.position, (place.rank ?? 0) - 1 - 50 - left.length)
  await timed('a proof', () => ground.queue.proof({ showId, userId: row?.userId ?? '' }))
  await timed('every check', async () => assert.deepEqual(await ground.violations(), []))
})

/** Of nine degrees of freedom: above it chance alone comes less than once in a thousand. */
const chiSquareMax = 27.88

test('200 draws of 10,000: who came first, last, or anywhere, is as likely in every tenth of the order', (t) => {
  const [draws, count] = [200, 10_000]
  const groups = { 'the first thousand': [1, 1_000], 'the last thousand': [9_001, 10_000], 'the first': [1, 1], 'the last': [10_000, 10_000] } as const
  const deciles = Object.fromEntries(Object.keys(groups).map((name) => [name, new Array<number>(10).fill(0)]))
  for (let draw = 0; draw < draws; draw++) {
    const seed = hash(new TextEncoder().encode(`decile ${draw}`)).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '')
    const { rankOf } = orderFrom(hash, seed, count)
    for (const [name, [from, through]] of Object.entries(groups))
      for (let number = from; number <= through; number++) {
        const counts = deciles[name] as number[]
        const decile = Math.floor(((rankOf(number) - 1) * 10) / count)
        counts[decile] = (counts[decile] ?? 0) + 1
      }
  }
  for (const [name, counts] of Object.entries(deciles)) {
    const expected = counts.reduce((sum, one) => sum + one, 0) / 10
    const chiSquare = counts.reduce((sum, one) => sum + (one - expected) ** 2 / expected, 0)
    t.diagnostic(`${name}: chi-square ${chiSquare.toFixed(2)} of at most ${chiSquareMax}, ${counts.join(' ')}`)
    assert(chiSquare < chiSquareMax, `${name}: chi-square ${chiSquare}, p < 0.001`)
  }
})
