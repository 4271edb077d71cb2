import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { queueLimits } from './api.ts'
import { codeOf, type Ground, lineRow, minute, openGround, placesOf, refused, someone, verified, type Who } from './testing.ts'
import { hashOf, zeroBits } from './work.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 2 })
})
after(async () => {
  assert.deepEqual(await ground.violations(), [])
  await ground.close()
})
const stateOf = async (fan: Who) => (await ground.queue.position(fan)).status
const bits = 8

/** What a browser does: it counts until the hash is small enough. */
function solve(challenge: string, enough = (zeros: number) => zeros >= bits) {
  for (let nonce = 0; ; nonce++) if (enough(zeroBits(hashOf({ challenge, nonce: String(nonce) })))) return { challenge, nonce: String(nonce) }
}

test('a turn moves to another device five times, each on the record; the sixth is refused and a new turn begins anew', async () => {
  const showId = await ground.publish()
  const fan = someone(showId)
  await ground.queue.join(fan)
  await ground.queue.pass(verified(fan))
  const elsewhere = () => ({ ...verified(fan), sessionId: randomUUID(), takeOver: true })
  for (let move = 0; move < 5; move++) await ground.queue.pass(elsewhere())
  const last = elsewhere()
  assert.deepEqual(await refused(ground.queue.pass(last)), { code: 'pass_moves_used_up', params: { movesMax: 5 } })
  const { steps } = await ground.queue.story({ showId, userId: fan.userId })
  assert.equal(steps.filter(({ what }) => what === 'taken_over').length, 5)
  await ground.run('queue.evidence')
  const filed = await ground.queue.appeal({ id: randomUUID(), showId, userId: fan.userId, sender: null, text: 'my phone broke' })
  assert.deepEqual(filed.evidence.map(({ rule, outcome, count }) => ({ rule, outcome, count })), [{ rule: 'pass_moves_used_up', outcome: 'refused', count: 1 }])
  await ground.settle()
  await ground.db.rows(sql`update queue.places set auto_until = ${new Date(ground.clock.now)} where user_id = ${fan.userId}`)
  await ground.run('queue.untouched')
  await ground.queue.wake(fan)
  await ground.queue.pass(verified(fan))
  await ground.queue.pass(elsewhere())
})

test('a pass that a client took by itself and nobody touched for 90 s goes back to sleep: number kept, slot given on, pass ended', async () => {
  const showId = await ground.publish()
  const [idle, byHand, holding, next] = (await ground.crowd(showId, 4)) as [Who, Who, Who, Who]
  await ground.queue.pass({ ...verified(idle), auto: true })
  await ground.queue.pass({ ...verified(byHand), auto: true })
  await ground.pass(queueLimits.untouchedMs - 1)
  await ground.run('queue.untouched')
  assert.deepEqual([await stateOf(idle), await stateOf(byHand)], ['inside', 'inside'])
  await ground.queue.pass(verified(byHand))
  await ground.pass(1)
  await ground.run('queue.untouched')
  assert.deepEqual([await stateOf(idle), await stateOf(byHand), await stateOf(holding)], ['asleep', 'inside', 'called'])
  assert.equal(ground.seat.floorOf(idle), 2)
  const { steps } = await ground.queue.story({ showId, userId: idle.userId })
  assert.deepEqual(steps.map(({ what }) => what), ['joined', 'called', 'claimed', 'slept'])

  await ground.queue.pass({ ...verified(holding), auto: true })
  ground.seat.quotas.set(`${showId} ${holding.userId}`, { seats: 1, sold: 0, seatsMax: 4 })
  await ground.pass(queueLimits.untouchedMs)
  await ground.run('queue.untouched')
  assert.equal(await stateOf(holding), 'inside', 'who holds a seat is there')
  await ground.queue.leave(byHand)
  await ground.settle()
  assert.equal(await stateOf(next), 'called')
  assert.equal((await ground.queue.wake(idle)).number, 1)
})

test('a pause, an unknown answer of seat and a renewal meanwhile put nobody to sleep', async () => {
  const showId = await ground.publish()
  const [fan] = (await ground.crowd(showId, 1)) as [Who]
  await ground.queue.pass({ ...verified(fan), auto: true })
  await ground.pass(queueLimits.untouchedMs)
  await ground.hear('show.paused', showId)
  await ground.run('queue.untouched')
  assert.equal(await stateOf(fan), 'inside')
  await ground.hear('show.resumed', showId, { pausedMs: 0 })
  ground.seat.fails = new Error('seat is away')
  await ground.run('queue.untouched').catch(() => undefined)
  ground.seat.fails = undefined
  assert.equal(await stateOf(fan), 'inside')
  const { endPass } = ground.seat.api
  ground.seat.api.endPass = async (input) => {
    await ground.queue.pass(verified(fan))
    return endPass(input)
  }
  await ground.run('queue.untouched')
  ground.seat.api.endPass = endPass
  assert.equal(await stateOf(fan), 'inside')
})

test('a pause and an outage stop the clock of a pass that nobody touched, as every other', async () => {
  const showId = await ground.publish()
  const [fan] = (await ground.crowd(showId, 1)) as [Who]
  await ground.queue.pass({ ...verified(fan), auto: true })
  await ground.pass(10_000)
  await ground.hear('show.paused', showId)
  await ground.pass(120_000)
  await ground.hear('show.resumed', showId, { pausedMs: 120_000 })
  await ground.run('queue.untouched')
  assert.equal(await stateOf(fan), 'inside', 'after the pause there are 80 s left')
  await ground.pass(79_999)
  ground.clock.now += 10_000
  await ground.run('queue.untouched')
  await ground.run('queue.sweep')
  await ground.run('queue.untouched')
  assert.equal(await stateOf(fan), 'inside', 'it ran out while nobody could act')
  await ground.pass(60_000)
  await ground.run('queue.untouched')
  assert.equal(await stateOf(fan), 'asleep')
})

test('a join may cost work: bound to user, show and time, checked by one hash; who has a place needs none', async () => {
  const showId = await ground.publish()
  const [old] = (await ground.crowd(showId, 1)) as [Who]
  const fan = someone(showId)
  const nothing = await ground.queue.work(asking(fan))
  assert.equal(nothing.bits, 0)
  await ground.queue.control({ showId, by: randomUUID(), workBits: bits })
  assert.equal((await ground.queue.join(old)).created, false)
  assert.deepEqual(await refused(ground.queue.join(fan)), { code: 'work_required', params: { bits, hashes: 256 } })
  const { challenge, hashes } = await ground.queue.work(asking(fan))
  assert.equal(hashes, 256)
  const reasonOf = async (who: Who, work: { challenge: string; nonce: string }) => {
    const { code, params } = await refused(ground.queue.join({ ...who, work }))
    return code === 'work_wrong' ? params.reason : code
  }
  const work = solve(challenge)
  assert.equal(await reasonOf(fan, solve(challenge, (zeros) => zeros < bits)), 'too_little')
  assert.equal(await reasonOf(fan, { challenge: nothing.challenge, nonce: '0' }), 'too_little', 'a task kept from before work was asked')
  assert.equal(await reasonOf(fan, { ...work, challenge: `${challenge}x` }), 'invalid')
  assert.equal(await reasonOf(someone(showId), work), 'foreign')
  assert.equal(await reasonOf(fan, solve((await ground.queue.work({ ...asking(fan), showId: await ground.publish() })).challenge)), 'foreign')
  assert.equal((await placesOf(ground.db, showId)).length, 1)
  assert.equal((await ground.queue.join({ ...fan, work })).created, true)
  assert.equal((await ground.queue.join({ ...fan, work })).created, false, 'the same work gets the same place')
  const late = someone(showId)
  const task = await ground.queue.work(asking(late))
  ground.clock.now = task.expiresAt
  assert.equal(await reasonOf(late, solve(task.challenge)), 'expired')
})

test('an appeal carries the evidence about its user and address, is answered once, and shows its answer', async () => {
  const showId = await ground.publish([{ codes: ['FAN'] }])
  const fan = someone(showId)
  for (let i = 0; i < 3; i++) assert.equal(await codeOf(ground.queue.join({ ...fan, code: 'NO' })), 'code_wrong')
  const slowed = { showId, userId: null, sender: '192.0.2.0/24', rule: 'joins_by_address', outcome: 'slowed' as const, inputs: { perMinute: 60 }, firstAt: ground.clock.now, lastAt: ground.clock.now }
  await ground.queue.noteGate({ notes: [{ ...slowed, count: 240 }, { ...slowed, sender: '198.51.100.0/24', count: 7 }] })
  const id = randomUUID()
  const filed = await ground.queue.appeal({ id, showId, userId: fan.userId, sender: '192.0.2.0/24', text: 'this is wrong' })
  assert.deepEqual(filed.evidence.map(({ rule, count }) => [rule, count]).sort(), [['code_wrong', 3], ['joins_by_address', 240]])
  assert.doesNotMatch(JSON.stringify(await ground.db.rows(sql`select * from queue.evidence`)), /192\.0\.2/)
  assert.deepEqual(await ground.queue.appeal({ id, showId, userId: fan.userId, sender: null, text: 'again' }), filed, 'the same id is the same appeal')

  const by = randomUUID()
  const answer = { id, by, outcome: 'upheld' as const, answer: 'A school. Sorry for the wait.' }
  const open = async () => (await ground.queue.openAppeals({ at: 0, id, limit: 100 })).appeals.filter((one) => one.showId === showId)
  assert.equal((await open()).length, 1)
  await ground.queue.answerAppeal(answer)
  await ground.queue.answerAppeal(answer)
  assert.equal(await codeOf(ground.queue.answerAppeal({ ...answer, outcome: 'declined' })), 'appeal_answered')
  assert.equal(await codeOf(ground.queue.answerAppeal({ ...answer, id: randomUUID() })), 'appeal_unknown')
  assert.equal((await open()).length, 0)
  const { appeals } = await ground.queue.appeals(asking(fan))
  assert.deepEqual(appeals.map(({ outcome, answer: text }) => [outcome, text]), [['upheld', answer.answer]])
  const { acts } = await ground.queue.audit({ at: ground.clock.now + 1, id: 0, target: showId, limit: 10 })
  assert.deepEqual(acts.map(({ action }) => action), ['appeal.answer'])
  for (let i = 1; i < 5; i++) await ground.queue.appeal({ id: randomUUID(), showId, userId: fan.userId, sender: null, text: 'more' })
  assert.equal(await codeOf(ground.queue.appeal({ id: randomUUID(), showId, userId: fan.userId, sender: null, text: 'more' })), 'appeals_used_up')
})

test('appeals and evidence go with the account: what was written, and what was held against it', async () => {
  const showId = await ground.publish([{ codes: ['KEY'] }])
  const [gone, other] = [someone(showId), someone(showId)]
  for (const fan of [gone, other]) {
    await codeOf(ground.queue.join({ ...fan, code: 'WRONG' }))
    for (const text of ['I am Kim, 010-0000-0000', 'again']) await ground.queue.appeal({ id: randomUUID(), ...asking(fan), sender: null, text })
    const [, first] = (await ground.queue.appeals(asking(fan))).appeals
    await ground.queue.answerAppeal({ id: first?.id ?? '', by: randomUUID(), outcome: 'declined', answer: 'no' })
  }
  await ground.hear('user.erased', gone.userId, { userId: gone.userId })
  assert.deepEqual((await ground.queue.appeals(asking(gone))).appeals.map(({ text, evidence, outcome }) => [text, evidence, outcome]), [['', [], 'declined']])
  assert.deepEqual((await ground.queue.appeals(asking(other))).appeals.map(({ evidence }) => evidence.length), [1, 1])
  const kept = await ground.db.rows<{ userId: string }>(sql`select user_id as "userId" from queue.evidence where show_id = ${showId}`)
  assert.deepEqual(kept.map(({ userId }) => userId), [other.userId])
})

test('evidence is not changed, bounded in a flood, and gone after its retention', async () => {
  const showId = await ground.publish()
  const note = (userId: string, count = 1) => ({ showId, userId, sender: null, rule: 'joins_by_account', outcome: 'slowed' as const, count, firstAt: ground.clock.now, lastAt: ground.clock.now, inputs: {} })
  for (let batch = 0; batch < 3; batch++) await ground.queue.noteGate({ notes: Array.from({ length: 2_000 }, () => note(randomUUID())) })
  await ground.run('queue.evidence')
  const [kept] = await ground.db.rows<{ records: number; decisions: number }>(sql`
    select count(*)::int as records, sum(count)::int as decisions from queue.evidence where show_id = ${showId}`)
  assert.deepEqual(kept, { records: 2_001, decisions: 6_000 })
  await assert.rejects(ground.db.rows(sql`update queue.evidence set count = 1`), /append-only/)
  await ground.queue.noteGate({ notes: [{ ...note(randomUUID()), showId: randomUUID() }] })
  await ground.run('queue.evidence')
  ground.clock.now += 90 * 24 * 60 * minute + 1
  for (let i = 0; i < 4; i++) await ground.run('queue.retention')
  assert.deepEqual(await ground.db.rows(sql`select 1 as one from queue.evidence where show_id = ${showId}`), [])
})

test('nobody joins the line of a sold-out show; who is in keeps the place, and a seat that comes back opens it again', async () => {
  const showId = await ground.publish()
  const fans = (await ground.crowd(showId, 3)) as [Who, Who, Who]
  await ground.stock(showId, { available: 0, total: 10, state: 'sold_out' })
  const late = someone(showId)
  assert.equal(await codeOf(ground.queue.join(late)), 'line_sold_out')
  assert.equal((await ground.queue.join(fans[2])).created, false)
  await ground.stock(showId, { available: 0, total: 10, taken: 1, state: 'all_held' })
  assert.equal((await ground.queue.join(late)).place.number, 4)
  assert.equal((await lineRow(ground.db, showId)).last, 4)
})

const asking = ({ showId, userId }: Who) => ({ showId, userId })
