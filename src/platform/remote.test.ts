import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { batched } from './batch.ts'
import { callerContract, createShop, type ShopApi, shopOperations } from './caller.contract.ts'
import { local } from './contract.ts'
import { deadlineHere, withDeadline } from './deadline.ts'
import { createIdentity, createInnerDoor, type ServiceClaims } from './inner-door.ts'
import { isRefusal, UnknownOutcome } from './outcome.ts'
import { remote, remoteLimits } from './remote.ts'
import { createTokens } from './token.ts'

const key = [{ id: 'k1', secret: 'k'.repeat(40) }]
const tokens = createTokens<ServiceClaims>('service', key)
const needs = { tokens, now: Date.now, log: { error: () => undefined } }
const patience = { random: () => 0.5, wait: async () => undefined }
const identityOf = (service: string) => createIdentity(service, tokens, Date.now)

async function openDoor(api: ShopApi, port = 0) {
  const door = createInnerDoor([{ name: 'shop', operations: shopOperations, api: api as never, callers: new Set(['gateway']) }], needs)
  const origin = await door.listen({ host: '127.0.0.1', port })
  return { origin, close: () => door.close() }
}

/** A caller that is closed after the test, whatever became of it. */
function callerFor(t: TestContext, origin: string, more: Partial<Parameters<typeof remote>[2]> = {}) {
  const { api, close } = remote('shop', shopOperations, { origins: [origin], identity: identityOf('gateway'), ...patience, ...more })
  t.after(close)
  return api
}

async function openRemote(api: ShopApi) {
  const door = await openDoor(api)
  const caller = remote('shop', shopOperations, { origins: [door.origin], identity: identityOf('gateway'), ...patience })
  return { api: caller.api, close: async () => {
    await caller.close()
    await door.close()
  } }
}

callerContract('local', async (api) => ({ api: local('shop', shopOperations, api), close: async () => undefined }))
callerContract('remote', openRemote)

test('2,000 calls of one turn are eight requests', async (t) => {
  const shop = createShop()
  let requests = 0
  const door = createInnerDoor([{ name: 'shop', operations: shopOperations, api: shop.api as never, callers: new Set(['gateway']) }], needs)
  door.addHook('onRequest', async () => void requests++)
  t.after(() => door.close())
  const api = callerFor(t, await door.listen({ host: '127.0.0.1', port: 0 }))
  await Promise.all(Array.from({ length: 2_000 }, (_, i) => api.buy({ id: String(i), seat: 1 })))
  assert.equal(requests, Math.ceil(2_000 / remoteLimits.callsPerRequestMax))
})

test('one slow call of a turn keeps no other waiting; only it is asked for again', async (t) => {
  const shop = createShop()
  let finish = () => {}
  const slow = new Promise<void>((resolve) => {
    finish = resolve
  })
  const asked: string[] = []
  const { origin, close } = await openDoor({
    ...shop.api, buy: async (input) => {
      asked.push(input.id)
      if (input.id === 'slow') await slow
      return shop.api.buy(input)
    },
  })
  t.after(close)
  const api = callerFor(t, origin, { callTimeoutMs: 60_000 })
  const late = api.buy({ id: 'slow', seat: 1 })
  const others = await Promise.all(Array.from({ length: 100 }, (_, i) => api.buy({ id: `quick${i}`, seat: 2 })))
  assert.equal(others.length, 100)
  finish()
  assert.equal((await late).seat, 1)
  assert.equal(asked.length, 101)
})

test('an answer that is lost is asked for again under the same id', async (t) => {
  const shop = createShop()
  let lost = 0
  const door = createInnerDoor([{ name: 'shop', operations: shopOperations, api: shop.api as never, callers: new Set(['gateway']) }], needs)
  door.addHook('onSend', async (request) => {
    if (lost++ === 0) request.raw.socket.destroy() // it was done, nobody hears of it
  })
  t.after(() => door.close())
  const api = callerFor(t, await door.listen({ host: '127.0.0.1', port: 0 }))
  assert.deepEqual(await api.buy({ id: 'once', seat: 5 }), { seat: 5, times: 2 })
})

test('a service that is away is unknown, soon without being asked, and is found again by itself', async (t) => {
  const shop = createShop()
  const { origin, close: shut } = await openDoor(shop.api)
  const breaker: number[] = []
  const api = callerFor(t, origin, { breakerRestMs: 10, onBreaker: (openCount) => breaker.push(openCount) })
  await api.buy({ id: 'before', seat: 1 })
  await shut()
  for (let i = 0; i < 10; i++) await assert.rejects(api.buy({ id: `away${i}`, seat: 2 }), UnknownOutcome)
  assert.equal(breaker[0], 1)
  const again = await openDoor(shop.api, Number(new URL(origin).port))
  t.after(again.close)
  const turn = () => new Promise<false>((resolve) => setImmediate(resolve, false))
  for (let isBack = false; !isBack; ) isBack = await api.buy({ id: 'after', seat: 3 }).then(() => true, turn)
  while (breaker.at(-1) !== 0) await turn() // the answer comes before its request is over
})

test('what its caller no longer waits for is not begun when its turn comes', async (t) => {
  const shop = createShop()
  const [begun, gate, untils] = [[] as string[], Promise.withResolvers<void>(), new Map<string, number>()]
  const batch = batched(async (inputs: { id: string; seat: number }[]) => {
    begun.push(...inputs.map(({ id }) => id))
    await gate.promise
    return Promise.all(inputs.map(shop.api.buy))
  })
  const buy = (input: { id: string; seat: number }) => {
    untils.set(input.id, deadlineHere() ?? 0)
    return batch(input)
  }
  const { origin, close } = await openDoor({ ...shop.api, buy })
  t.after(close)
  const [patient, hurried] = [callerFor(t, origin, { callTimeoutMs: 60_000 }), callerFor(t, origin, { callTimeoutMs: 500 })]
  const first = patient.buy({ id: 'first', seat: 1 })
  while (begun.length === 0) await new Promise((resolve) => setImmediate(resolve))
  // on a busy machine its time may be over before it is sent
  while (!untils.has('late')) await assert.rejects(hurried.buy({ id: 'late', seat: 2 }), UnknownOutcome)
  // the door counts from when the request arrived, a little later than its caller
  while (performance.now() <= (untils.get('late') ?? Number.NaN)) await new Promise((resolve) => setTimeout(resolve, 1))
  const last = patient.buy({ id: 'last', seat: 3 })
  gate.resolve()
  assert.deepEqual([(await first).seat, (await last).seat, begun], [1, 3, ['first', 'last']])
  assert.deepEqual([...untils.keys()], ['first', 'late', 'last'])
})

test('a call is given no more time than is left of the call it is made for', async (t) => {
  const told: number[] = []
  const silent = await listening(t, (request) => void told.push(Number(request.headers['call-timeout-ms'])))
  const inner = callerFor(t, silent, { callTimeoutMs: 60_000 })
  const shop = createShop()
  const ended = Promise.withResolvers<unknown>()
  const { origin, close } = await openDoor({ ...shop.api, buy: (input) => inner.buy(input).finally(() => ended.resolve('')) })
  t.after(close)
  const hurried = callerFor(t, origin, { callTimeoutMs: 200 })
  // on a busy machine its time may be over before anybody is asked
  while (told.length === 0) await assert.rejects(hurried.buy({ id: 'nested', seat: 1 }), UnknownOutcome)
  await ended.promise
  assert.ok(told.every((ms) => ms > 0 && ms <= 200), `${told} ms`)
})

test('who is in a hurry opens no breaker for those who are not', async (t) => {
  const breaker: number[] = []
  const api = callerFor(t, await listening(t, () => undefined), { callTimeoutMs: 60_000, onBreaker: (openCount) => breaker.push(openCount) })
  for (let i = 0; i < 8; i++) await assert.rejects(withDeadline(20, () => api.buy({ id: `hurried${i}`, seat: 1 })), UnknownOutcome)
  assert.deepEqual(breaker, [])
})

test('a service that never answers is unknown when the time of the call is over', async (t) => {
  const origin = await listening(t, () => undefined)
  await assert.rejects(callerFor(t, origin, { callTimeoutMs: 80 }).buy({ id: 'late', seat: 1 }), UnknownOutcome)
})

test('only a signed service that stands below may call', async (t) => {
  const shop = createShop()
  const { origin, close } = await openDoor(shop.api)
  t.after(close)
  const statusOf = async (authorization: string, path = '/inner/shop/buy', body: unknown = { calls: [{ id: 'x', seat: 1 }] }, timeout = '1000') =>
    (await fetch(`${origin}${path}`, { method: 'POST', headers: { authorization, 'content-type': 'application/json', 'call-timeout-ms': timeout }, body: JSON.stringify(body) })).status
  const mine = `Service ${identityOf('gateway')()}`
  assert.equal(await statusOf(mine), 200)
  assert.equal(await statusOf(''), 401)
  assert.equal(await statusOf(`Bearer ${identityOf('gateway')()}`), 401)
  assert.equal(await statusOf(`${mine}x`), 401)
  assert.equal(await statusOf(`Service ${createTokens<ServiceClaims>('service', [{ id: 'k1', secret: 'z'.repeat(40) }]).sign({ service: 'gateway', exp: Date.now() + 1_000 })}`), 401)
  assert.equal(await statusOf(`Service ${tokens.sign({ service: 'gateway', exp: Date.now() - 1 })}`), 401)
  assert.equal(await statusOf(`Service ${createTokens<ServiceClaims>('session', key).sign({ service: 'gateway', exp: Date.now() + 1_000 })}`), 401)
  assert.equal(await statusOf(`Service ${identityOf('user')()}`), 403)
  assert.equal(await statusOf(mine, '/inner/shop/sell'), 404)
  assert.equal(await statusOf(mine, '/inner/bank/buy'), 404)
  for (const calls of [undefined, [], 'all', Array.from({ length: 257 }, () => ({}))]) assert.equal(await statusOf(mine, '/inner/shop/buy', { calls }), 400)
  assert.equal(await statusOf(mine, '/inner/shop/buy', { calls: [{ id: 'y', seat: 1 }] }, 'soon'), 400)
  assert.equal(shop.times.get('x'), 1, 'only the first was done')
  assert.ok(!shop.times.has('y'))
})

test('an identity is made anew before it runs out', () => {
  let time = 1_000_000
  const identity = createIdentity('seat', tokens, () => time)
  const first = identity()
  time += 29_000
  assert.equal(identity(), first)
  time += 2_000
  assert.notEqual(identity(), first)
  assert.ok('claims' in tokens.verify(identity(), time + 29_000))
})

test('what a remote refuses without having declared it is a bug, not a refusal', async (t) => {
  const origin = await listening(t, (request, response) => {
    request.resume().on('end', () => response.end(`${JSON.stringify([0, { refused: { code: 'no_such_code', params: {} } }])}\n`))
  })
  await assert.rejects(callerFor(t, origin).buy({ id: 'z', seat: 1 }), (error) => !isRefusal(error) && /undeclared/.test(String(error)))
})

async function listening(t: TestContext, handle: RequestListener): Promise<string> {
  const server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('what carries no id of its own is asked once: a second try could refuse what the first has done', async (t) => {
  let requests = 0
  const origin = await listening(t, (request) => {
    requests++
    request.socket.destroy()
  })
  const { api, close } = remote('shop', { buy: { ...shopOperations.buy, once: true }, look: shopOperations.look }, { origins: [origin], identity: identityOf('gateway'), ...patience })
  t.after(close)
  await assert.rejects(api.buy({ id: 'a', seat: 1 }), UnknownOutcome)
  assert.equal(requests, 1)
  await assert.rejects(api.look({}), UnknownOutcome)
  assert.equal(requests, 1 + remoteLimits.triesMax)
})
