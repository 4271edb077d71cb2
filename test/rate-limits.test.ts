import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { rateBudgets } from '../src/gateway/limits.ts'
import { networksOf } from '../src/platform/address.ts'
import { userLimits } from '../src/user/api.ts'
import { openSystem, type Person, type Send, type TestSystem } from './system.ts'

const percent = 10
const burstOf = (name: keyof typeof rateBudgets, payer: 'address' | 'account') => (rateBudgets[name][payer].burst * percent) / 100
let world: TestSystem
let showId: string
before(async () => {
  world = await openSystem({ limits: { percent, exempt: networksOf('loopback')!, proxies: networksOf('10.0.0.1')! } })
  showId = await world.onSale()
})
after(() => world.close())

/** Every test has addresses of its own. */
let addresses = 0
const newAddress = () => `203.0.113.${++addresses}`
const allowed = async (count: number, send: (i: number) => Promise<{ status: number }>) => {
  const statuses: number[] = []
  for (let i = 0; i < count; i++) statuses.push((await send(i)).status)
  return statuses.filter((status) => status !== 429).length
}
const look = (more: Send) => world.send('GET', '/api/concerts', more)
const wallet = (token: string, from: string) => world.send('GET', '/api/wallet', { token, from })

test('D6: an address that asks too fast is refused in its language and told when to come back; then it is served', async () => {
  const from = newAddress()
  assert.equal(await allowed(burstOf('read', 'address') + 5, () => look({ from })), burstOf('read', 'address'))
  const refused = await look({ from, headers: { 'accept-language': 'ko' } })
  assert.equal(refused.body.code, 'rate_limited')
  assert.match(refused.body.title, /요청이 너무 빨라/)
  assert.match((await look({ from })).body.title, /coming very fast/)
  assert.equal(refused.headers['retry-after'], '1')
  assert.equal(refused.body.retryAfterSeconds, 1)
  assert.equal((await look({ from: newAddress() })).status, 200, 'another address')
  world.time.now += 1_000
  assert.equal(await allowed(1_000, () => look({ from })), (rateBudgets.read.address.perSecond * percent) / 100)
})

test('an account is limited on whatever address it comes from, and pays for nobody else', async () => {
  const [one, two] = (await world.fans(2, 0)) as [Person, Person]
  const from = newAddress()
  const burst = burstOf('read', 'account')
  assert.equal(await allowed(burst + 3, () => wallet(one.token, newAddress())), burst)
  assert.equal((await wallet(one.token, from)).status, 429)
  assert.equal((await wallet(two.token, from)).status, 200)
})

test('reading does not use up what joining and holding have', async () => {
  const [fan] = (await world.fans(1, 0)) as [Person]
  const from = newAddress()
  await allowed(50, () => wallet(fan.token, from))
  const join = () => world.send('POST', `/api/shows/${showId}/queue`, { token: fan.token, from, body: {} })
  assert.equal(await allowed(5, join), burstOf('join', 'account'))
  assert.equal((await world.send('POST', '/api/wallet/top-ups', { token: fan.token, from, body: { amount: 1 } })).status, 201)
})

test('guesses and forged tokens of one address are refused before they cost a hash or a look at the session', async () => {
  const from = newAddress()
  const guess = (i: number) => world.send('POST', '/api/sessions', { from, body: { email: `nobody-${i}@test.example`, password: 'guess-guess' } })
  assert.equal(await allowed(burstOf('signIn', 'address') + 5, guess), burstOf('signIn', 'address'))
  const forged = newAddress()
  assert.equal(await allowed(burstOf('write', 'address') + 5, () => world.send('POST', '/api/payments', { token: 'session.t.e30.AAAA', from: forged, body: {} })), burstOf('write', 'address'))
})

test('a refused request has no effect', async () => {
  const [fan] = (await world.fans(1, 0)) as [Person]
  const from = newAddress()
  const topUp = () => world.send('POST', '/api/wallet/top-ups', { token: fan.token, from, body: { amount: 1_000 } })
  const passed = await allowed(20, topUp)
  assert.equal(passed, burstOf('write', 'account'))
  assert.equal((await world.send('GET', '/api/me', { token: fan.token })).body.balance, passed * 1_000)
})

test('whoever forges X-Forwarded-For is counted by its own address', async () => {
  const from = newAddress()
  const forged = (i: number) => look({ from, headers: { 'x-forwarded-for': i % 2 ? '127.0.0.1' : `198.51.100.${i % 250}` } })
  assert.equal(await allowed(burstOf('read', 'address') + 20, forged), burstOf('read', 'address'))
})

test('behind a trusted proxy the one it speaks for is counted, whatever that one claimed before', async () => {
  const through = (client: string, claim: string) => look({ from: '10.0.0.1', headers: { 'x-forwarded-for': `${claim}, ${client}` } })
  const client = newAddress()
  assert.equal(await allowed(burstOf('read', 'address') + 20, (i) => through(client, `198.51.100.${i % 250}`)), burstOf('read', 'address'))
  assert.equal((await through(newAddress(), client)).status, 200)
})

test('one IPv6 household is one sender', async () => {
  const from = (i: number) => `2001:db8:7:7:${i.toString(16)}::1`
  assert.equal(await allowed(burstOf('read', 'address') + 20, (i) => look({ from: from(i) })), burstOf('read', 'address'))
  assert.equal((await look({ from: '2001:db8:7:8::1' })).status, 200)
})

test('this machine is not limited, and refusals are counted by class', async () => {
  assert.equal(await allowed(1_000, () => world.send('GET', '/healthz')), 1_000)
  const metrics = await world.metrics.registry.metrics()
  assert.match(metrics, /openrun_rate_limited_total\{class="read",by="address"\} [1-9]/)
  assert.match(metrics, /openrun_rate_limited_total\{class="join",by="account"\} [1-9]/)
})

test('a guesser locks himself out of an account, not its owner at another address', async () => {
  const owner = { email: 'owner@test.example', password: 'owner-password-1' }
  await world.send('POST', '/api/users', { from: newAddress(), body: { ...owner, name: 'Owner' } })
  const signIn = async (from: string, password: string) => (await world.send('POST', '/api/sessions', { from, body: { ...owner, password } })).body.code
  const [his, hers] = [newAddress(), newAddress()]
  for (let i = 0; i < userLimits.failuresFree; i++) assert.equal(await signIn(his, `guess ${i}`), 'login_failed')
  assert.equal(await signIn(his, owner.password), 'login_throttled')
  assert.equal(await signIn(hers, owner.password), undefined)
  assert.equal((await world.send('POST', '/api/sessions', { from: hers, body: { ...owner, from: his } })).body.code, 'request_invalid', 'nobody says himself where he is')
})
