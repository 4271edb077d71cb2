import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { type Networks, networksOf } from '../src/platform/address.ts'
import { callbackOf } from '../src/wallet/sandbox-tells.ts'
import { balanceOf, hold, pay, passesOf, reserve, sound } from './steps.ts'
import { type Answer, must, openSystem, type Person, type TestSystem } from './system.ts'

const secret = 'b'.repeat(40)
const noNetworks = networksOf('') as Networks
let world: TestSystem
before(async () => {
  // the sandbox has an address to tell to, and this test is what stands there
  world = await openSystem({ tell: async (ref, headers, body) => void told.push({ ref, headers, body }), limits: { percent: 100, exempt: networksOf('loopback') as Networks, proxies: noNetworks } })
})
after(() => world.close())
const told: { ref: string; headers: Record<string, string>; body: string }[] = []

type Charge = { ref: string; amount: number; outcome: 'approved' | 'declined' }
const signed = (charge: Charge, by = secret, at = world.time.now) => callbackOf(charge, by, at)
const send = ({ headers, body }: { headers: Record<string, string>; body: string }, { name = 'sandbox', from }: { name?: string; from?: string } = {}): Promise<Answer> =>
  world.send('POST', `/api/providers/${name}/callbacks`, { headers, raw: body, ...(from && { from }) })

/** A top-up that waits for its bank, which answers late. */
async function waiting(fan: Person, amount = 10_000, source = 'sandbox:late'): Promise<string> {
  const { status, body } = await world.send('POST', '/api/wallet/top-ups', { token: fan.token, body: { amount, source } })
  assert.equal(status, 202)
  return body.id
}

test('a callback ends what waits for its bank, once: repeated, late or told otherwise it changes nothing', async () => {
  const [fan] = (await world.fans(1, 0)) as [Person]
  const ref = await waiting(fan)
  const callback = signed({ ref, amount: 10_000, outcome: 'approved' })
  const [first, ...repeats] = await Promise.all(Array.from({ length: 20 }, () => send(callback)))
  assert.deepEqual([first?.status, first?.body], [200, { effect: 'settled', reason: null }])
  assert.ok(repeats.every(({ status }) => status === 200))
  assert.equal(await balanceOf(world, fan), 10_000)
  assert.deepEqual((await send(callback)).body, { effect: 'none', reason: 'known' })
  assert.deepEqual((await send(signed({ ref, amount: 10_000, outcome: 'declined' }))).body, { effect: 'none', reason: 'different' })
  assert.deepEqual((await send(signed({ ref, amount: 99_999, outcome: 'approved' }))).body, { effect: 'none', reason: 'different' })
  assert.deepEqual((await send(signed({ ref: randomUUID(), amount: 10_000, outcome: 'approved' }))).body, { effect: 'none', reason: 'unknown' })
  const [{ count }] = (await world.db.rows<{ count: number }>(sql`select count(*)::int as count from wallet.transfers where ref = ${ref}`)) as [{ count: number }]
  assert.equal(count, 1)
  assert.equal(await balanceOf(world, fan), 10_000)
  await sound(world)
})

test('a declined withdrawal comes back by its callback; an amount that is not ours ends nothing', async () => {
  const [fan] = (await world.fans(1, 50_000)) as [Person]
  const made = await world.send('POST', '/api/wallet/withdrawals', { token: fan.token, body: { amount: 20_000, source: 'sandbox:late' } })
  assert.equal(made.status, 202)
  assert.equal((await send(signed({ ref: made.body.id, amount: 1, outcome: 'declined' }))).body.reason, 'different')
  assert.equal(await balanceOf(world, fan), 30_000)
  assert.equal((await send(signed({ ref: made.body.id, amount: 20_000, outcome: 'declined' }))).body.effect, 'settled')
  assert.equal(await balanceOf(world, fan), 50_000)
})

test('a foreign, changed, old or unsigned callback is refused and changes nothing', async () => {
  const [fan] = (await world.fans(1, 0)) as [Person]
  const charge = { ref: await waiting(fan), amount: 10_000, outcome: 'approved' } as const
  const good = signed(charge)
  const bad: [string, Promise<Answer>, number, string][] = [
    ['another secret', send(signed(charge, 'x'.repeat(40))), 401, 'callback_signature_invalid'],
    ['another body', send({ ...good, body: good.body.replace('10000', '90000') }), 401, 'callback_signature_invalid'],
    ['another id', send({ ...good, headers: { ...good.headers, 'webhook-id': 'msg_other' } }), 401, 'callback_signature_invalid'],
    ['no headers', send({ ...good, headers: { 'content-type': 'application/json' } }), 401, 'callback_signature_invalid'],
    ['replayed after six minutes', send(signed(charge, secret, world.time.now - 6 * 60_000)), 401, 'callback_late'],
    ['from the future', send(signed(charge, secret, world.time.now + 6 * 60_000)), 401, 'callback_late'],
    ['another provider', send(good, { name: 'elsewhere' }), 404, 'not_found'],
    ['no provider', send(good, { name: 'constructor' }), 404, 'not_found'],
    ['no JSON', send({ ...good, body: '{' }), 400, 'request_invalid'],
    ['signed, but of another form', send(signed({ ref: 'x', amount: 1, outcome: 'approved' })), 400, 'request_invalid'],
  ]
  for (const [what, answer, status, code] of bad) assert.deepEqual([(await answer).status, (await answer).body.code], [status, code], what)
  assert.equal(await balanceOf(world, fan), 0)
})

test('the sandbox tells what it was asked to tell, signed, until it is taken, and then no more', async () => {
  const [fan] = (await world.fans(1, 0)) as [Person]
  const ref = await waiting(fan, 30_000, 'sandbox:callback')
  const sent = () => told.filter((message) => message.ref === ref)
  await world.settle()
  assert.deepEqual(sent(), [], 'the bank has not decided')
  world.time.now += 1_000
  await world.settle()
  const [message, ...more] = sent()
  assert.ok(message)
  assert.deepEqual(more, [])
  assert.equal((await send(message)).status, 200)
  assert.equal(await balanceOf(world, fan), 30_000)
  await world.settle()
  assert.equal(sent().length, 1)
})

/** How many of these are answered; `pending` counts down while others run. */
function watched(requests: Promise<Answer>[]) {
  const state = { pending: requests.length, statuses: new Map<number, number>() }
  const all = requests.map((request) => request.then(({ status }) => {
    state.pending--
    state.statuses.set(status, (state.statuses.get(status) ?? 0) + 1)
  }))
  return { state, all: Promise.all(all) }
}

test('10,000 requests of buyers are pending, and "paid" is heard before half of them are answered', { timeout: 120_000 }, async () => {
  const showId = await world.onSale()
  const fans = await world.fans(100, 0)
  const refs = await Promise.all(fans.slice(0, 5).map((fan) => waiting(fan)))
  const crowd = watched(Array.from({ length: 10_000 }, (_, index) => world.send('POST', `/api/shows/${showId}/queue`, { token: (fans[index % 100] as Person).token, body: {} })))
  const answers = await Promise.all(refs.map((ref) => send(signed({ ref, amount: 10_000, outcome: 'approved' }))))
  assert.ok(answers.every(({ body }) => body.effect === 'settled'), JSON.stringify(answers.map(({ body }) => body)))
  assert.ok(crowd.state.pending > 5_000, `${crowd.state.pending} buyers still wait`)
  await crowd.all
  assert.deepEqual([...crowd.state.statuses.keys()].sort(), [200, 201])
})

test('an address whose budget buyers have used up still has one for callbacks, and the other way round', async () => {
  const [fan] = (await world.fans(1, 0)) as [Person]
  const from = '203.0.113.7'
  const ref = await waiting(fan)
  const forms = watched(Array.from({ length: 1_200 }, () => world.send('POST', '/api/sessions', { body: {}, from })))
  await forms.all
  assert.ok((forms.state.statuses.get(429) ?? 0) > 0, 'buyers from there are slowed')
  const storm = watched(Array.from({ length: 1_000 }, () => send(signed({ ref, amount: 10_000, outcome: 'approved' }), { from })))
  await storm.all
  assert.deepEqual([...storm.state.statuses], [[200, 1_000]])
})

test('a storm of callbacks does not stop a sale: few run at once, too many are told to come back, a buyer pays meanwhile', { timeout: 120_000 }, async () => {
  const showId = await world.onSale()
  const [buyer, fan] = (await world.fans(2)) as [Person, Person]
  const [pass] = await passesOf(world, [buyer], showId)
  const ref = await waiting(fan)
  const storm = watched(Array.from({ length: 6_000 }, (_, index) => send(signed({ ref: index % 2 ? ref : randomUUID(), amount: 10_000, outcome: 'approved' }))))
  const held = await must(hold(world, buyer, showId, [1, 2], { ...(pass && { pass }) }))
  const most = world.system.callbacks.counts()
  const reservation = await must(reserve(world, buyer, held.body.id))
  assert.equal((await must(pay(world, buyer, reservation.body.id))).body.status, 'completed')
  await storm.all
  assert.ok(most.running <= 16 && most.waiting <= 2_000, JSON.stringify(most))
  assert.deepEqual([...storm.state.statuses.keys()].sort(), [200, 503])
  assert.ok((storm.state.statuses.get(200) ?? 0) >= 2_000)
  await sound(world)
})
