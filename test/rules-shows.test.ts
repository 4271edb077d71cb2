import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import sql, { raw } from 'sql-template-tag'
import { serviceNames } from '../src/services.ts'
import { hold, pay, reserve, reserved, sound, takeBusAway } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
after(() => world.close())

const byOperator = () => ({ token: world.operator.token })
const page = (showId: string) => world.send('GET', `/api/shows/${showId}`)

test('deleting a show asks its seats: held, pinned or sold they keep it, it sells on, and empty it goes', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1, 0)) as [Person]
  const own = { token: fan.token }
  const pass = await world.passOf(fan, showId)
  const remove = async () => {
    const answer = await world.send('DELETE', `/api/shows/${showId}`, byOperator())
    assert.equal(answer.status, 202)
    await world.settle()
    return (await page(showId)).body
  }
  const isKept = async (why: string) => {
    const shown = await remove()
    assert.deepEqual([shown.status, shown.closingResult, shown.availability.state], ['published', 'concert_has_buyers', 'open'], why)
  }
  const held = await must(hold(world, fan, showId, [1], { pass }))
  await isKept('held')
  const reservation = await must(reserve(world, fan, held.body.id))
  await must(pay(world, fan, reservation.body.id, { key: 'pay', topUp: 102_000, source: 'sandbox:slow' }))
  await isKept('pinned')
  await world.advance(3_000)
  await world.advance(3_000)
  assert.equal((await pay(world, fan, reservation.body.id, { key: 'pay', topUp: 102_000, source: 'sandbox:slow' })).body.status, 'completed')
  await isKept('sold')
  assert.equal((await hold(world, fan, showId, [2], { pass })).status, 201, 'it sells on')
  await must(world.send('DELETE', `/api/reservations/${reservation.body.id}`, own))
  await world.settle()
  await isKept('somebody holds seat 2')
  const { body: { items } } = await world.send('GET', '/api/holds', own)
  await must(world.send('DELETE', `/api/holds/${items[0].id}`, own))
  assert.equal((await remove()).code, 'show_unknown')
  assert.equal((await hold(world, fan, showId, [3], { pass })).status, 404)
  await sound(world)
})

test('unpublishing is refused in the same way while a seat is held, and lets plan and prices change once none is', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const held = await must(hold(world, fan, showId, [1], { pass: await world.passOf(fan, showId) }))
  const prices = { prices: [{ grade: 'VIP', price: 90_000 }] }
  assert.equal((await world.send('PUT', `/api/shows/${showId}/prices`, { ...byOperator(), body: prices })).body.code, 'show_not_draft')
  await must(world.send('POST', `/api/shows/${showId}/unpublish`, byOperator()))
  await world.settle()
  assert.deepEqual([(await page(showId)).body.status, (await page(showId)).body.closingResult], ['published', 'concert_has_buyers'])
  await must(world.send('DELETE', `/api/holds/${held.body.id}`, { token: fan.token }))
  await must(world.send('POST', `/api/shows/${showId}/unpublish`, byOperator()))
  await world.settle()
  await must(world.send('PUT', `/api/shows/${showId}/prices`, { ...byOperator(), body: prices }))
  await must(world.send('POST', `/api/shows/${showId}/publish`, byOperator()))
  await world.settle()
  const pass = await must(world.send('POST', `/api/shows/${showId}/queue/pass`, { token: fan.token, body: {} }))
  const again = await must(hold(world, fan, showId, [1], { pass: pass.body.pass }))
  assert.equal((await must(reserve(world, fan, again.body.id))).body.total, 92_000, 'the price of the plan the hold was made from')
  await sound(world)
})

test('until seat and queue have heard of a published show they say so and when to come back, not that it is unknown', async () => {
  const known = await world.onSale()
  const { body: { concertId } } = await page(known)
  const startsAt = world.time.now + 60 * 24 * 3_600_000
  const made = await must(world.send('POST', `/api/concerts/${concertId}/shows`, { ...byOperator(), body: {
    startsAt: new Date(startsAt).toISOString(), endsAt: new Date(startsAt + 7_200_000).toISOString(), timeZone: 'Asia/Seoul',
  } }))
  const showId = made.body.id as string
  const set = (part: string, body: unknown) => must(world.send('PUT', `/api/shows/${showId}/${part}`, { ...byOperator(), body }))
  await set('plan', { sections: [{ name: 'A', kind: 'seated', grade: 'VIP', rows: [{ name: '1', seats: 5 }] }] })
  await set('prices', { prices: [{ grade: 'VIP', price: 100_000 }] })
  await set('windows', { windows: [{ name: '일반예매', opensAt: new Date(world.time.now - 1_000).toISOString(), closesAt: new Date(startsAt).toISOString(), audience: 'everyone', sections: null }] })
  await must(world.send('POST', `/api/shows/${showId}/publish`, byOperator()))
  const [fan] = (await world.fans(1)) as [Person]
  const pass = await world.system.api.seat.stock({ showIds: [showId] })
  assert.deepEqual(pass.stocks, [], 'the news is still on its way')
  for (const answer of [await hold(world, fan, showId, [1]), await world.send('GET', `/api/shows/${showId}/seats`), await world.send('POST', `/api/shows/${showId}/queue`, { token: fan.token, body: {} })]) {
    assert.deepEqual([answer.status, answer.body.code], [503, 'show_preparing'])
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
  }
  await world.settle()
  assert.equal((await hold(world, fan, showId, [1], { pass: await world.passOf(fan, showId) })).status, 201)
})

test('a wallet is there from the first use on, before anybody has heard of its owner', async () => {
  const email = 'early@test.example'
  await must(world.send('POST', '/api/users', { body: { email, name: '이른 팬', password: 'a good password' } }))
  const fan = await world.signIn(email, 'a good password')
  assert.deepEqual(await world.db.rows(sql`select 1 from wallet.accounts where owner = ${fan.userId}`), [], 'the news is still on its way')
  assert.equal((await must(world.send('GET', '/api/me', { token: fan.token }))).body.balance, 0)
  await must(world.send('POST', '/api/wallet/top-ups', { token: fan.token, body: { amount: 5_000 } }))
  await sound(world)
  assert.equal((await must(world.send('GET', '/api/me', { token: fan.token }))).body.balance, 5_000)
})

test('a cancelled show only shuts its door: what is sold stays sold until its reservation is cancelled', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const { reservationId, pass } = await reserved(world, fan, showId, [1, 2])
  await must(pay(world, fan, reservationId))
  await world.settle()
  await must(world.send('POST', `/api/shows/${showId}/cancel`, { ...byOperator(), body: { reason: 'illness' } }))
  await world.system.publish(['concert'])
  const statuses = () => world.db.rows<{ status: number }>(sql`select status from seat.seats where show_id = ${showId} and id in (1, 2)`)
  assert.deepEqual(await statuses(), [{ status: 3 }, { status: 3 }])
  assert.equal((await hold(world, fan, showId, [3], { pass })).body.code, 'show_closed')
  await world.settle()
  assert.deepEqual(await statuses(), [{ status: 0 }, { status: 0 }], 'freed by the end of their reservation')
  await sound(world)
})

test('show.* is told by concert alone, and every other service tells under its own name', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const { reservationId } = await reserved(world, fan, showId, [1, 2])
  const bringBusBack = await takeBusAway(world)
  await world.onSale()
  await must(pay(world, fan, reservationId, { topUp: 1_000 }))
  await must(world.send('POST', `/api/reservations/${reservationId}/cancellations`, { token: fan.token, body: { seatIds: [1] } }))
  await must(world.send('POST', '/api/users', { body: { email: 'one-more@test.example', name: '새 팬', password: 'a good password' } }))
  for (const act of ['pause', 'resume']) await must(world.send('POST', `/api/operations/shows/${showId}/${act}`, { ...byOperator(), body: {} }))
  await must(world.send('POST', `/api/shows/${showId}/cancel`, { ...byOperator(), body: { reason: 'illness' } }))
  const told = new Set<string>()
  for (const service of serviceNames)
    for (const { name } of await world.db.rows<{ name: string }>(sql`select distinct name from ${raw(`"${service}"`)}.outbox`)) {
      assert.equal(name.split('.')[0], service === 'concert' ? 'show' : service, `${service} tells ${name}`)
      told.add(name)
    }
  for (const name of ['show.published', 'show.paused', 'show.resumed', 'show.cancelled', 'user.registered', 'wallet.topped_up', 'reservation.confirmed', 'reservation.cancelled', 'payment.completed'])
    assert.ok(told.has(name), `${name} was told`)
  await bringBusBack()
  await sound(world)
})

test('a service calls only those before it in the order of calls', () => {
  const names: readonly string[] = serviceNames
  let calls = 0
  for (const file of globSync('src/*/**/*.ts').filter((name) => !name.endsWith('.test.ts'))) {
    const service = file.split('/')[1] ?? ''
    if (!names.includes(service)) continue
    for (const [, other] of readFileSync(file, 'utf8').matchAll(/from '\.\.\/([a-z]+)\//g)) {
      if (!names.includes(other as string)) continue
      calls++
      assert.ok(names.indexOf(other as string) < names.indexOf(service), `${file} knows ${other}`)
    }
  }
  assert.ok(calls > 10, `${calls} imports of neighbours`)
})

test('outbox rows are numbered one by one, so that a later number was never handed out before an earlier one', async () => {
  const sequences = await world.db.rows<{ schemaname: string; cache_size: number }>(sql`
    select schemaname, cache_size from pg_sequences where sequencename like 'outbox%' order by schemaname`)
  assert.deepEqual(sequences.map((sequence) => [sequence.schemaname, sequence.cache_size]), [...serviceNames].sort().map((service) => [service, 1]))
})
