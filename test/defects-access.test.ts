import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { emit } from '../src/platform/events.ts'
import { deliver, type Subscriber } from '../src/platform/inbox.ts'
import { openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
after(() => world.close())

test('D3: the public port shows nothing of the inside: no metrics, environment, heap, or management of routes', async () => {
  for (const path of ['/metrics', '/env', '/heapdump', '/loggers', '/actuator', '/actuator/env', '/user/actuator/env', '/debug', '/internal', '/api/internal', '/.env'])
    for (const token of [undefined, world.operator.token]) assert.equal((await world.send('GET', path, { token })).status, 404, path)
})

test('D4: nobody gets a list of users, with or without a token', async () => {
  const [fan] = (await world.fans(1, 0)) as [Person]
  for (const token of [undefined, fan.token, world.operator.token]) {
    const answer = await world.send('GET', '/api/users', { token })
    assert.ok([404, 405].includes(answer.status), `${answer.status}`)
    assert.doesNotMatch(JSON.stringify(answer.body), /@/)
  }
})

test('D8: what a sign-up must be is looked at: short passwords and no addresses make no account', async () => {
  const good = { email: 'd8@test.example', password: 'long enough 1234', name: 'D8' }
  for (const bad of [{ password: 'x' }, { password: '' }, { password: 'x'.repeat(129) }, { email: 'none' }, { email: '' }, { name: '' }, { role: 'operator' }])
    assert.equal((await world.send('POST', '/api/users', { body: { ...good, ...bad } })).body.code, 'request_invalid', JSON.stringify(bad).slice(0, 40))
  assert.equal((await world.db.rows(sql`select 1 from "user".users where email = ${good.email}`)).length, 0)
  assert.ok((await world.send('POST', '/api/users', { body: good })).status < 300)
})

const event = (version: number, data: Record<string, unknown>) => ({ name: 'reservation.confirmed', key: randomUUID(), version, occurredAt: world.time.now, data })

test('E4: news that cannot be written down is not sent empty: its fact is not committed either', async () => {
  const marker = randomUUID()
  await assert.rejects(world.db.transaction(async (tx) => {
    await tx.rows(sql`insert into wallet.accounts (kind, owner) values ('sales', ${marker})`)
    await emit(tx, 'reservation', [event(1, { amount: 10n })])
  }), TypeError)
  assert.equal((await world.db.rows(sql`select 1 from wallet.accounts where owner = ${marker}`)).length, 0)
  assert.equal((await world.db.rows(sql`select 1 from reservation.outbox`)).length, 0)
})

test('E5: a listener that fails in the middle has done nothing of its news, and does all of it when it is asked again', async () => {
  const owners = [randomUUID(), randomUUID()]
  let failing = true
  const subscriber: Subscriber = { name: 'wallet', on: {
    'reservation.confirmed': async (tx) => {
      await tx.rows(sql`insert into wallet.accounts (kind, owner) values ('sales', ${owners[0]})`)
      if (failing) throw new Error('in the middle')
      await tx.rows(sql`insert into wallet.accounts (kind, owner) values ('sales', ${owners[1]})`)
    },
  } }
  const news = [{ ...event(1, {}), producer: 'reservation' }]
  const applied = async () => (await world.db.rows(sql`select 1 from wallet.accounts where owner = any(${owners}::text[])`)).length
  await deliver(world.db, subscriber, news).catch(() => undefined)
  assert.equal(await applied(), 0)
  failing = false
  await deliver(world.db, subscriber, news)
  assert.equal(await applied(), 2)
})
