import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createShop, shopOperations } from './caller.contract.ts'
import { createIdentity, createInnerDoor, type ServiceClaims } from './inner-door.ts'
import { UnknownOutcome } from './outcome.ts'
import { remote } from './remote.ts'
import { createTokens } from './token.ts'

const tokens = createTokens<ServiceClaims>('service', [{ id: 'k1', secret: 'k'.repeat(40) }])
const identity = createIdentity('gateway', tokens, Date.now)
const waits: number[] = []
const patience = { random: () => 0.5, wait: async (ms: number) => void waits.push(ms) }
/** Where calls are counted: a timer may end a call before its time is over, and what is left is enough to ask again. */
const onceOnly = { ...shopOperations, buy: { ...shopOperations.buy, once: true as const } }

function callerFor(t: TestContext, origins: string[], { operations = shopOperations, ...more }: Partial<Parameters<typeof remote>[2]> & { operations?: typeof shopOperations } = {}) {
  const { api, close } = remote('shop', operations, { origins, identity, ...patience, ...more })
  t.after(close)
  return api
}

/** A replica of the shop with a memory of its own; counts what it is asked. */
async function openReplica(t: TestContext) {
  const shop = createShop()
  const state = { asked: 0, isStopping: false, frozen: false, loseAnswers: false }
  const served = [{ name: 'shop', operations: shopOperations, api: shop.api as never, callers: new Set(['gateway']) }]
  const door = createInnerDoor(served, { tokens, now: Date.now, log: { error: () => undefined }, isStopping: () => state.isStopping })
  door.addHook('onRequest', async () => {
    state.asked++
    if (state.frozen) await new Promise(() => undefined)
  })
  door.addHook('onSend', async (request) => {
    if (state.loseAnswers) request.raw.socket.destroy()
  })
  t.after(() => {
    door.server.closeAllConnections()
    return door.close()
  })
  return { origin: await door.listen({ host: '127.0.0.1', port: 0 }), shop, state }
}

/** Where nobody listens. */
async function closedPort(): Promise<string> {
  const server = createNetServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return `http://127.0.0.1:${port}`
}

async function inTurn(api: { buy: (input: { id: string; seat: number }) => Promise<unknown> }, count: number) {
  for (let i = 0; i < count; i++) await api.buy({ id: `turn${i}`, seat: 1 })
}

test('replicas are asked in turn', async (t) => {
  const [one, two] = [await openReplica(t), await openReplica(t)]
  await inTurn(callerFor(t, [one.origin, two.origin]), 10)
  assert.deepEqual([one.state.asked, two.state.asked], [5, 5])
})

test('a replica that nobody listens at costs no call an answer, nor a wait, not even one that is asked once', async (t) => {
  const alive = await openReplica(t)
  const open: number[] = []
  const api = callerFor(t, [await closedPort(), alive.origin], { operations: onceOnly, onBreaker: (count) => open.push(count) })
  waits.length = 0
  await inTurn(api, 30)
  assert.equal(alive.shop.times.size, 30)
  assert.deepEqual(waits, [])
  assert.deepEqual(open, [1], 'one is spared, the service is not away')
})

test('an answer that one replica loses is asked for at the other, at once and under the same id', async (t) => {
  const [one, two] = [await openReplica(t), await openReplica(t)]
  one.state.loseAnswers = true
  const api = callerFor(t, [one.origin, two.origin])
  waits.length = 0
  await inTurn(api, 4)
  assert.ok(one.shop.times.size > 0, 'the first did something, too')
  for (const id of one.shop.times.keys()) assert.ok(two.shop.times.has(id))
  assert.deepEqual(waits, [])
})

test('what carries no id is not asked elsewhere once it was sent', async (t) => {
  const [one, two] = [await openReplica(t), await openReplica(t)]
  one.state.loseAnswers = two.state.loseAnswers = true
  await assert.rejects(callerFor(t, [one.origin, two.origin], { operations: onceOnly }).buy({ id: 'a', seat: 1 }), UnknownOutcome)
  assert.equal(one.state.asked + two.state.asked, 1)
})

test('a frozen replica is not waited for to the end of the call while there is another', async (t) => {
  const [one, two] = [await openReplica(t), await openReplica(t)]
  one.state.frozen = true
  await inTurn(callerFor(t, [one.origin, two.origin], { silenceMsMax: 2_000, callTimeoutMs: 60_000 }), 2)
  assert.equal(two.shop.times.size, 2)
})

test('a single frozen replica that is asked now and then costs two callers their patience, then nobody, until it answers', async (t) => {
  const one = await openReplica(t)
  const open: number[] = []
  const api = callerFor(t, [one.origin], { operations: onceOnly, callTimeoutMs: 2_000, breakerRestMs: 60_000, onBreaker: (count) => open.push(count) })
  one.state.frozen = true
  for (let i = 0; i < 4; i++) await assert.rejects(api.buy({ id: `frozen${i}`, seat: 1 }), UnknownOutcome)
  assert.equal(one.state.asked, 2)
  assert.deepEqual(open, [1])
})

test('an answer between two silences keeps the breaker closed', async (t) => {
  const one = await openReplica(t)
  const api = callerFor(t, [one.origin], { operations: onceOnly, callTimeoutMs: 2_000, breakerRestMs: 60_000 })
  for (let i = 0; i < 2; i++) {
    one.state.frozen = true
    await assert.rejects(api.buy({ id: `frozen${i}`, seat: 1 }), UnknownOutcome)
    one.state.frozen = false
    await api.buy({ id: `quick${i}`, seat: 1 })
  }
  assert.equal(one.state.asked, 4)
})

test('a replica that is about to stop answers, and is asked no more', async (t) => {
  const [one, two] = [await openReplica(t), await openReplica(t)]
  const api = callerFor(t, [one.origin, two.origin])
  await inTurn(api, 2)
  one.state.isStopping = true
  one.state.asked = two.state.asked = 0
  await inTurn(api, 10)
  assert.equal(one.state.asked, 1, 'it told that it stops with an answer')
  assert.equal(two.state.asked, 9)
})

test('the last replica is asked although it is about to stop', async (t) => {
  const one = await openReplica(t)
  one.state.isStopping = true
  await inTurn(callerFor(t, [one.origin]), 3)
  assert.equal(one.state.asked, 3)
})

test('a service whose replicas are all away is unknown, after its tries', async (t) => {
  let requests = 0
  const listener: RequestListener = (request) => {
    requests++
    request.socket.destroy()
  }
  const origins = await Promise.all([0, 1].map(async () => {
    const server = createServer(listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }))
  await assert.rejects(callerFor(t, origins).buy({ id: 'b', seat: 1 }), UnknownOutcome)
  assert.equal(requests, 3)
})
