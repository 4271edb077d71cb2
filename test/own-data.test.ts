import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
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
