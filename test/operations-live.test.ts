import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { pay, reserved } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
after(() => world.close())

test('the war room counts a sale as it is stored: who waits, is called and inside, seats in baskets and sold, what is paid', async () => {
  const showId = await world.onSale()
  const { token } = world.operator
  const live = async () => (await must(world.send('GET', `/api/operations/shows/${showId}/live`, { token }))).body
  const before = await live()
  const total = before.seats.available
  assert.deepEqual([before.line.joined, before.seats.held, before.seats.sold, before.sales], [0, 0, 0, { pending: 0, paying: 0, confirmed: 0 }])
  assert.ok(total > 0)
  const people = await world.fans(3) as [Person, Person, Person]
  const { reservationId } = await reserved(world, people[0], showId, [1, 2])
  await must(pay(world, people[0], reservationId, { topUp: 1_000_000 }))
  await reserved(world, people[1], showId, [3])
  await must(world.send('PUT', `/api/operations/shows/${showId}/line`, { token, body: { cap: 0 } }))
  await must(world.send('POST', `/api/shows/${showId}/queue`, { token: people[2].token, body: {} }))
  await world.settle()
  // looks of the same second are one look
  await world.advance(1_100)
  const { line, seats, sales, process: figures } = await live()
  assert.deepEqual([line.joined, line.waiting, line.cap], [3, 1, 0])
  assert.deepEqual(seats, { availability: 'open', available: total - 3, held: 1, sold: 2, blocked: 0 })
  assert.deepEqual(sales, { pending: 1, paying: 0, confirmed: 1 })
  assert.ok(figures.memoryBytes > 1e7 && figures.felt.hold.count >= 2)
})

test('promises are checked on what is stored: kept, then one that was broken by hand is named; nobody but an operator may ask', async () => {
  const { token } = world.operator
  const check = async () => (await must(world.send('POST', '/api/operations/verify', { token }))).body
  const kept = await check()
  assert.deepEqual([kept.violations, kept.errors], [[], []])
  assert.ok(kept.checks > 30)
  await world.db.rows(sql`update wallet.accounts set balance = balance + 1 where kind = 'wallet' and balance > 0`)
  assert.deepEqual(await check(), kept, 'it reads everything, so the same answer stands for five seconds')
  world.time.now += 5_001
  const broken = await check()
  assert.ok(broken.violations.some(({ id, count }: { id: string; count: number }) => id === 'I5' && count >= 1), JSON.stringify(broken))
  const [fan] = await world.fans(1)
  for (const [method, path] of [['GET', `/api/operations/shows/${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}/live`], ['POST', '/api/operations/verify']] as const)
    assert.equal((await world.send(method, path, { token: fan?.token })).status, 403)
  assert.equal((await world.send('GET', '/api/operations/shows/nonsense/live', { token })).status, 400)
})
