import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { pay, reserved } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
let showId: string
let buyer: Person
let number: string
before(async () => {
  world = await openSystem()
  showId = await world.onSale()
  const login = { email: 'kim.minji@test.example', password: 'support-test-1234' }
  await world.system.userService.ensureUser({ ...login, name: '김민지', role: 'buyer' })
  buyer = await world.signIn(login.email, login.password)
  await world.system.api.wallet.topUp({ topUpId: randomUUID(), userId: buyer.userId, amount: 500_000 })
  const { reservationId } = await reserved(world, buyer, showId, [1, 2])
  await must(pay(world, buyer, reservationId))
  number = (await must(world.send('GET', `/api/reservations/${reservationId}`, { token: buyer.token }))).body.number
  await must(world.send('POST', `/api/shows/${showId}/queue/appeals`, { token: buyer.token, body: { text: 'It was slow.' } }))
  await world.settle()
})
after(() => world.close())

const as = ({ token }: Person, path: string) => world.send('GET', `/api/shows/${path}`, { token })
const find = (who: Person, query: string, show = showId) => as(who, `${show}/buyers?query=${encodeURIComponent(query)}`)
const lookUps = () => world.db.rows<{ actor: string; target: string; after: { userId: string | null } }>(sql`select actor, target, after from "user".audit where action = 'buyer.look_up' order by id`)
async function organiser(email: string): Promise<Person> {
  await world.system.userService.ensureUser({ email, password: 'support-test-1234', name: 'Organiser', role: 'organiser' })
  return world.signIn(email, 'support-test-1234')
}

test('a buyer is shown masked, with the whole story of the turn and the appeals, by id, by address and by reservation number', async () => {
  const { status, body } = await as(world.operator, `${showId}/buyers/${buyer.userId}`)
  assert.deepEqual([status, body.userId, body.email, body.name], [200, buyer.userId, 'k***@test.example', '김***'])
  assert.doesNotMatch(JSON.stringify(body), /minji|민지/)
  assert.deepEqual(body.steps.map(({ what }: { what: string }) => what).filter((what: string) => ['joined', 'called', 'claimed', 'reserved', 'payment_completed'].includes(what)), ['joined', 'called', 'claimed', 'reserved', 'payment_completed'])
  assert.match(body.recordName, /./)
  assert.deepEqual(body.appeals.map(({ text, outcome }: Record<string, unknown>) => [text, outcome]), [['It was slow.', null]])
  for (const query of ['kim.minji@test.example', ' KIM.Minji@test.example', number, number.toLowerCase()])
    assert.deepEqual((await find(world.operator, query)).body, { items: [body] }, query)
})

test('a name that looks like an address is masked whole', async () => {
  const login = { email: 'sneaky@test.example', password: 'support-test-1234' }
  await world.system.userService.ensureUser({ ...login, name: '박@하늘 공원', role: 'buyer' })
  const person = await world.signIn(login.email, login.password)
  await must(world.send('POST', `/api/shows/${showId}/queue`, { token: person.token }))
  const { items: [found] } = (await find(world.operator, login.email)).body
  assert.deepEqual([found.name, found.email], ['박***', 's***@test.example'])
})

test('nobody is found by a part of an address, by a name, in another show, or who had nothing to do with it', async () => {
  const elsewhere = await world.onSale()
  const [stranger] = (await world.fans(1, 0)) as [Person]
  for (const query of ['kim.minji', 'minji@test.example', '김민지', '%@test.example', number.slice(1), 'ZZZZZZZZ'])
    assert.deepEqual((await find(world.operator, query)).body, { items: [] }, query)
  for (const query of ['kim.minji@test.example', number]) assert.deepEqual((await find(world.operator, query, elsewhere)).body, { items: [] })
  for (const [show, userId] of [[elsewhere, buyer.userId], [showId, stranger.userId], [showId, randomUUID()]])
    assert.deepEqual([(await as(world.operator, `${show}/buyers/${userId}`)).status, (await as(world.operator, `${show}/buyers/${userId}`)).body.code], [404, 'not_found'])
})

test('a foreign organiser finds no such show, a buyer may not ask at all, and neither leaves a look-up', async () => {
  const foreign = await organiser('foreign@test.example')
  const before = await lookUps()
  for (const path of [`${showId}/buyers/${buyer.userId}`, `${showId}/buyers?query=${number}`]) {
    const refused = await as(foreign, path)
    assert.deepEqual([refused.status, refused.body.code], [404, 'show_unknown'])
    assert.equal((await as(buyer, path)).status, 403)
    assert.equal((await world.send('GET', `/api/shows/${path}`)).status, 401)
  }
  assert.equal((await find(world.operator, 'ab')).status, 400)
  assert.deepEqual(await lookUps(), before)
})

test('every look-up is in the audit with who asked and who was found, also if nobody was', async () => {
  const before = (await lookUps()).length
  await as(world.operator, `${showId}/buyers/${buyer.userId}`)
  await find(world.operator, 'kim.minji@test.example')
  await find(world.operator, number)
  await find(world.operator, 'nobody@test.example')
  await find(world.operator, 'nonsense')
  const by = (userId: string | null) => ({ actor: world.operator.userId, target: showId, after: { userId } })
  assert.deepEqual((await lookUps()).slice(before), [by(buyer.userId), by(buyer.userId), by(buyer.userId), by(null), by(null)])
  const { items } = (await must(world.send('GET', `/api/operations/audit?target=${showId}&limit=5`, { token: world.operator.token }))).body
  assert.deepEqual(items.map(({ service, action }: Record<string, string>) => [service, action]), Array(5).fill(['user', 'buyer.look_up']))
})

test('a buyer’s reservations and payments of this show stand with the story, and a refund is seen there', async () => {
  const { body } = await as(world.operator, `${showId}/buyers/${buyer.userId}`)
  const [paid] = body.payments
  assert.deepEqual(body.reservations.map(({ number: own, status, total, lines }: Record<string, any>) => [own, status, total, lines.map(({ seatId, status: of }: Record<string, unknown>) => [seatId, of])]), [[number, 'confirmed', 204_000, [[1, 'active'], [2, 'active']]]])
  assert.deepEqual([body.payments.length, paid.status, paid.amount, paid.refunded], [1, 'completed', 204_000, 0])
  await must(world.send('POST', `/api/shows/${showId}/refunds`, { token: world.operator.token, body: { reservationId: body.reservations[0].id, seatIds: [2], reason: 'x' } }))
  await world.settle()
  const after = (await as(world.operator, `${showId}/buyers/${buyer.userId}`)).body
  assert.deepEqual([after.reservations[0].total, after.reservations[0].lines[1].status, after.payments[0].refunded], [102_000, 'cancelled', 102_000])
  const elsewhere = await world.onSale()
  await must(world.send('POST', `/api/shows/${elsewhere}/queue`, { token: buyer.token, body: {} }))
  const other = (await as(world.operator, `${elsewhere}/buyers/${buyer.userId}`)).body
  assert.deepEqual([other.steps.length > 0, other.reservations, other.payments, other.notes], [true, [], [], []])
})

const note = (who: Person, text: string, { key, show = showId, userId = buyer.userId }: { key?: string; show?: string; userId?: string } = {}) =>
  world.send('POST', `/api/shows/${show}/buyers/${userId}/notes`, { token: who.token, body: { text }, ...(key && { key }) })
const notesOf = async () => (await must(as(world.operator, `${showId}/buyers/${buyer.userId}/notes`))).body.items.map(({ text, author }: Record<string, unknown>) => [text, author])

test('a note is written once, with its author and in the audit without its text, newest first; it is never changed', async () => {
  const [first, again] = [await note(world.operator, '전화로 문의', { key: 'note-1' }), await note(world.operator, '전화로 문의', { key: 'note-1' })]
  assert.deepEqual([first.status, again.body], [201, first.body])
  assert.equal((await note(world.operator, 'something else', { key: 'note-1' })).body.code, 'idempotency_conflict')
  world.time.now += 1_000
  await must(note(world.operator, 'x'.repeat(1_000)))
  assert.deepEqual(await notesOf(), [['x'.repeat(1_000), 'Operator'], ['전화로 문의', 'Operator']])
  const acts = await world.db.rows<{ actor: string; target: string; after: object }>(sql`select actor, target, after from "user".audit where action = 'buyer.note' order by id`)
  assert.deepEqual([acts.length, acts[0]], [2, { actor: world.operator.userId, target: showId, after: { userId: buyer.userId, noteId: first.body.id } }])
  for (const change of [sql`update "user".notes set text = 'y'`, sql`delete from "user".notes`]) await assert.rejects(world.db.rows(change), /append-only/)
})

test('a note is refused empty, too long, by a fan or a foreign organiser, about a stranger, and beyond what a show keeps', async () => {
  const foreign = await organiser('foreign-notes@test.example')
  const [stranger] = (await world.fans(1, 0)) as [Person]
  const had = await notesOf()
  for (const text of ['', '   ', 'x'.repeat(1_001)]) assert.equal((await note(world.operator, text)).status, 400, text.slice(0, 5))
  assert.deepEqual([(await note(foreign, 'x')).body.code, (await as(foreign, `${showId}/buyers/${buyer.userId}/notes`)).body.code], ['show_unknown', 'show_unknown'])
  assert.deepEqual([(await note(buyer, 'x')).body.code, (await as(buyer, `${showId}/buyers/${buyer.userId}/notes`)).body.code], ['role_required', 'role_required'])
  for (const userId of [stranger.userId, randomUUID()]) assert.equal((await note(world.operator, 'x', { userId })).body.code, 'not_found')
  assert.deepEqual(await notesOf(), had)
  for (let n = had.length; n < 200; n++) await world.system.api.user.note({ noteId: randomUUID(), userId: buyer.userId, showId, text: 'x', by: world.operator.userId })
  const full = await note(world.operator, 'one more')
  assert.deepEqual([full.status, full.body.code, full.body.notesMax], [409, 'notes_used_up', 200])
})

test('notes stand in the export of whom they are about and go with the account', async () => {
  const about = (await must(world.send('GET', '/api/me/export', { token: buyer.token }))).body.notes
  assert.deepEqual([about.length, about[0].showId, about[0].text], [200, showId, '전화로 문의'])
  assert.ok(!JSON.stringify(about).includes(world.operator.userId))
  await must(world.send('DELETE', '/api/me', { token: buyer.token, body: { password: 'support-test-1234', payOut: true } }))
  await world.settle()
  assert.deepEqual(await world.db.rows(sql`select 1 as one from "user".notes`), [])
  assert.deepEqual((await world.verify()).violations, [])
})
