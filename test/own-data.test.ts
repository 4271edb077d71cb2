import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { openSystem, must, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
after(() => world.close())

const password = 'own-data-1234'
async function newcomer(email: string) {
  await must(world.send('POST', '/api/users', { body: { email, name: 'Mine', password } }))
  return world.signIn(email, password)
}

test('an export has everything, also of somebody with more than a page of it', async () => {
  const { token, userId } = await newcomer('export@test.example')
  for (let i = 0; i < 250; i++) await world.system.api.wallet.topUp({ topUpId: crypto.randomUUID(), userId, amount: 1_000 + i })
  const { body } = await must(world.send('GET', '/api/me/export', { token }))
  const amounts = body.entries.map((entry: { amount: number }) => entry.amount)
  assert.equal(new Set(amounts).size, 250)
  assert.equal(amounts.reduce((sum: number, amount: number) => sum + amount, 0), body.balance)
})

test('an account with money is not erased: nobody could withdraw it; withdrawn, it is', async () => {
  const { token, userId } = await newcomer('erase@test.example')
  await world.system.api.wallet.topUp({ topUpId: crypto.randomUUID(), userId, amount: 7_000 })
  const erase = () => world.send('DELETE', '/api/me', { token, body: { password } })
  const refused = await erase()
  assert.deepEqual([refused.status, refused.body.code, refused.body.balance], [409, 'balance_left', 7_000])
  assert.equal((await world.send('GET', '/api/me', { token })).body.balance, 7_000)
  await must(world.send('POST', '/api/wallet/withdrawals', { token, body: { amount: 7_000 } }))
  await world.settle()
  assert.equal((await erase()).status, 204)
  assert.equal((await world.send('GET', '/api/me', { token })).status, 401)
  assert.deepEqual((await world.verify()).violations, [])
})

test('a page at our URL renews its session behind a proxy that renames the host; another site does not', async () => {
  await newcomer('cookie@test.example')
  const signedIn = await must(world.send('POST', '/api/sessions', { body: { email: 'cookie@test.example', password } }))
  let cookie = String(signedIn.headers['set-cookie']).split(';')[0] as string
  const refresh = (headers: Record<string, string>) => world.send('POST', '/api/sessions/refresh', { headers: { cookie, host: '127.0.0.1:8080', ...headers } })
  for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { origin: 'http://openrun.test.evil.example' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }])
    assert.equal((await refresh(headers as unknown as Record<string, string>)).body.code, 'cross_site', JSON.stringify(headers))
  const renewed = await refresh({ origin: 'http://openrun.test', 'sec-fetch-site': 'same-origin' })
  assert.equal(renewed.status, 200)
  cookie = String(renewed.headers['set-cookie']).split(';')[0] as string
  assert.equal((await refresh({ origin: 'http://127.0.0.1:8080' })).status, 200)
})

test('watches are set, changed, listed and deleted over HTTP, stand in the export and go with the account', async () => {
  const { token } = await newcomer('watcher@test.example')
  const showId = await world.onSale()
  await must(world.send('POST', `/api/shows/${showId}/queue`, { token, body: {} }))
  await world.settle()
  const path = `/api/shows/${showId}/watches`
  const set = (body: object, key?: string) => world.send('POST', path, { token, body, ...(key && { key }) })
  const made = await set({ quantity: 2, together: true }, 'watch-key-1')
  assert.deepEqual([made.status, made.body.quantity, made.body.place.number, made.body.seatsLeft, made.body.over], [201, 2, 1, 20, false])
  assert.equal((await set({ quantity: 2, together: true }, 'watch-key-1')).status, 200)
  const changed = await set({ quantity: 3, together: false })
  assert.deepEqual([changed.status, changed.body.id, changed.body.quantity], [200, made.body.id, 3])
  for (const body of [{}, { quantity: 0, together: true }, { quantity: 9, together: true }, { quantity: 1, together: true, price: 1 }, { quantity: 1, together: true, grade: '' }])
    assert.equal((await set(body)).status, 400, JSON.stringify(body))
  const wrong = await set({ quantity: 1, together: true, grade: 'X' })
  assert.deepEqual([wrong.status, wrong.body.code, wrong.body.grades], [409, 'watch_grade_unknown', ['VIP']])
  assert.equal((await world.send('POST', path, { body: { quantity: 1, together: true } })).status, 401)

  assert.deepEqual((await must(world.send('GET', '/api/watches', { token }))).body.items, [changed.body])
  const exported = (await must(world.send('GET', '/api/me/export', { token }))).body.watches
  assert.deepEqual(exported.map(({ id, quantity }: Record<string, unknown>) => [id, quantity]), [[made.body.id, 3]])
  assert.equal((await world.send('DELETE', `/api/watches/${made.body.id}`, { token: world.operator.token })).body.code, 'watch_unknown')
  assert.equal((await world.send('DELETE', `/api/watches/${made.body.id}`, { token })).status, 204)
  assert.deepEqual((await must(world.send('GET', '/api/watches', { token }))).body.items, [])

  await set({ quantity: 1, together: false })
  assert.equal((await world.send('DELETE', '/api/me', { token, body: { password } })).status, 204)
  await world.settle()
  assert.deepEqual(await world.db.rows(sql`select 1 as one from queue.watches`), [])
})
