import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { another, hold, passesOf, sound } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

/** Two processes of everything on one database, each with a memory of its own. */
let one: TestSystem
let two: TestSystem
before(async () => {
  one = await openSystem()
  two = await another(one)
})
after(async () => {
  await two.close()
  await one.close()
})

test('seats that a buyer lets go through one replica are free for that buyer through another at once', async () => {
  const showId = await one.onSale()
  const [fan, other] = await one.fans(2) as [Person, Person]
  const [pass, otherPass] = await passesOf(one, [fan, other], showId)
  const first = await must(hold(one, fan, showId, [1, 2], { pass: pass as string }))
  // the second one's copy of the map has them as held
  assert.equal((await hold(two, other, showId, [1], { pass: otherPass as string })).body.code, 'seat_taken')
  await must(one.send('DELETE', `/api/holds/${first.body.id}`, { token: fan.token }))
  const again = await hold(two, fan, showId, [1, 2], { pass: pass as string })
  assert.equal(again.status, 201, JSON.stringify(again.body))
  // whoever else asks is decided by the row, too late rather than too early
  assert.equal((await hold(one, other, showId, [2], { pass: otherPass as string })).body.code, 'seat_taken')
  await sound(one)
})

test('seats that somebody else has taken meanwhile stay taken for who let them go', async () => {
  const showId = await one.onSale()
  const [fan, other] = await one.fans(2) as [Person, Person]
  const [pass, otherPass] = await passesOf(one, [fan, other], showId)
  const first = await must(hold(one, fan, showId, [3], { pass: pass as string }))
  await two.send('GET', `/api/shows/${showId}/seats`)
  await must(one.send('DELETE', `/api/holds/${first.body.id}`, { token: fan.token }))
  await must(hold(one, other, showId, [3], { pass: otherPass as string }))
  const late = await hold(two, fan, showId, [3], { pass: pass as string })
  assert.deepEqual([late.status, late.body.code, late.body.taken], [409, 'seat_taken', [3]])
  await sound(one)
})

test('an organiser who changes a show through one replica sees the change through another', async () => {
  const by = { token: one.operator.token }
  const showId = await one.onSale()
  const before = await two.send('GET', `/api/shows/${showId}`, by)
  const { concertId } = before.body
  await two.send('GET', `/api/concerts/${concertId}`, by)
  await must(one.send('PUT', `/api/shows/${showId}/policies`, { ...by, body: { ticketsPerUserMax: 4, bookingFee: 2_000, policy: { cutoffMinutesBeforeStart: 60 } } }))
  await must(one.send('PUT', `/api/concerts/${concertId}`, { ...by, body: { title: '다른 제목', venue: '시험장', description: '' } }))
  assert.equal((await two.send('GET', `/api/shows/${showId}/policies`, by)).body.policy.cutoffMinutesBeforeStart, 60)
  assert.equal((await two.send('GET', `/api/concerts/${concertId}`, by)).body.title, '다른 제목')
  await must(one.send('POST', `/api/shows/${showId}/cancel`, { ...by, body: { reason: 'test' } }))
  assert.equal((await two.send('GET', `/api/shows/${showId}`, by)).body.status, 'cancelled')
})

test('a show that a replica knew as a draft is there for everybody once another has published it', async () => {
  const by = { token: one.operator.token }
  const [fan] = await one.fans(1, 0) as [Person]
  const showId = await one.onSale()
  await must(one.send('POST', `/api/shows/${showId}/unpublish`, by))
  await one.settle()
  assert.equal((await two.send('GET', `/api/shows/${showId}`, { token: fan.token })).status, 404)
  await must(one.send('POST', `/api/shows/${showId}/publish`, by))
  assert.equal((await two.send('GET', `/api/shows/${showId}`, { token: fan.token })).status, 200)
  const early = await two.send('GET', `/api/shows/${showId}/seats`)
  assert.deepEqual([early.status, early.body.code], [503, 'show_preparing'], 'not: there is no such show')
})

test('a session that ends at one replica has ended at the other after its next look', async () => {
  const login = { email: 'two-replicas@test.example', password: 'a good password' }
  await must(one.send('POST', '/api/users', { body: { ...login, name: '둘' } }))
  const { token } = await one.signIn(login.email, login.password)
  await must(two.send('GET', '/api/me', { token }))
  await must(one.send('DELETE', '/api/sessions/current', { token }))
  await two.settle()
  await two.system.release()
  assert.equal((await two.send('GET', '/api/me', { token })).status, 401)
})
