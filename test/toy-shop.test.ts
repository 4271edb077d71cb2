import assert from 'node:assert/strict'
import { after, before, mock, test } from 'node:test'
import sql from 'sql-template-tag'
import { capOf, claimsOf, openLine, place, shopKey, showOf, signer, stranger } from './only-line.ts'
import { sound } from './steps.ts'
import { must, type Person, type TestSystem } from './system.ts'
import { openToyShop, type ToyShop } from './toy-shop.ts'

const [fansCount, cap, stock] = [24, 4, 42]
let world: TestSystem
let showId: string
let shop: ToyShop
before(async () => {
  mock.method(console, 'error', () => undefined)
  world = await openLine({ time: { now: Date.now() } })
  const line = await world.system.app.listen({ host: '127.0.0.1', port: 0 })
  showId = await showOf(world, { ticketsPerUserMax: 2 })
  await capOf(world, showId, cap)
  shop = await openToyShop({ line, show: showId, shopKey: await shopKey(world), stock, ticketsMax: 2 })
})
after(async () => {
  shop?.close()
  await world.close()
})

const join = ({ token }: Person) => must(world.send('POST', `/api/shows/${showId}/queue`, { token, body: {} }))
const claim = async ({ token }: Person): Promise<string> => (await must(world.send('POST', `/api/shows/${showId}/queue/pass`, { token, body: {} }))).body.pass
/** Passes that may be live now, from the line's row: a frame is a second old. */
const live = async () => (await world.db.rows<{ live: number }>(sql`select sum(live)::int as live from queue.lines where show_id = ${showId}`))[0]?.live

/** The shop's door has heard of the line, or that a pass has ended. */
async function until(wanted: number, ask: () => Promise<number>) {
  for (let got = await ask(); got !== wanted; got = await ask()) await new Promise((resolve) => setImmediate(resolve))
}

test('a foreign shop sells behind the line: in number order, never more inside than the cap, and with no pass but a live one', { timeout: 120_000 }, async () => {
  const fans = await world.fans(fansCount, 0)
  const numbers = new Map<string, number>()
  for (const fan of fans) numbers.set(fan.userId, (await join(fan)).body.number)
  const waiting = [...fans].sort((a, b) => (numbers.get(a.userId) ?? 0) - (numbers.get(b.userId) ?? 0))
  const admitted: number[] = []
  const ended: { fan: Person; pass: string }[] = []
  await until(409, () => shop.buy('nobody', signer.sign({ userId: 'nobody', sessionId: 's', showId, windowId: 'w', passNo: 1, sections: null, exp: world.time.now + 60_000 }), stock + 1))

  while (admitted.length < fansCount) {
    await world.settle()
    assert.equal(await live(), Math.min(cap, waiting.length), 'the cap is exact, and no slot is idle')
    const states = await Promise.all(waiting.map((fan) => place(world, fan, showId)))
    const called = waiting.filter((_, index) => states[index]?.status === 'called')
    assert.ok(called.length > 0 && called.length <= cap)
    // who is called are the smallest numbers that still wait
    assert.deepEqual(called, waiting.slice(0, called.length))
    const next = waiting[called.length]
    if (next) {
      const early = await world.send('POST', `/api/shows/${showId}/queue/pass`, { token: next.token, body: {} })
      assert.equal(early.body.code, 'not_your_turn')
    }
    for (const fan of called) {
      waiting.splice(waiting.indexOf(fan), 1)
      admitted.push(numbers.get(fan.userId) as number)
      const pass = await claim(fan)
      await cheat(fan, pass, waiting[0] ?? fan)
      const left = shop.state.left
      if (left === 0) {
        // sold out is the shop's to say; who finds nothing leaves and makes room
        assert.equal(await shop.buy(fan.userId, pass, 1), 409)
        await must(world.send('DELETE', `/api/shows/${showId}/queue/me`, { token: fan.token }))
      } else assert.equal(await shop.buy(fan.userId, pass, Math.min(2, left)), 201)
      ended.push({ fan, pass })
    }
  }

  await world.settle()
  assert.deepEqual(admitted, Array.from({ length: fansCount }, (_, index) => index + 1), 'everybody, in the order of their numbers')
  assert.equal(shop.state.left, 0)
  assert.equal(shop.sales.reduce((sum, { seats }) => sum + seats, 0), stock)
  assert.equal(new Set(shop.sales.map(({ user }) => user)).size, stock / 2, 'two each')
  assert.ok(shop.state.mostAtOnce <= cap)
  assert.equal(await live(), 0, 'a purchase or leaving ends every place')
  for (const { fan } of ended) assert.equal((await place(world, fan, showId)).status, 'ended')
  // an ended pass opens nothing, however long it is valid
  for (const { fan, pass } of ended.slice(-cap)) await until(403, () => shop.buy(fan.userId, pass, 1))
  for (const { fan, pass } of ended) {
    assert.ok(claimsOf(pass).exp * 1_000 > Date.now())
    assert.equal(await shop.buy(fan.userId, pass, 1), 403)
  }
  await sound(world)
})

/** Everything that is no live pass of this fan for this show. */
async function cheat({ userId }: Person, pass: string, other: Person) {
  const claims = { userId, sessionId: claimsOf(pass).sid, showId, windowId: claimsOf(pass).window, passNo: 99, sections: null, exp: world.time.now + 60_000 }
  const [head, body] = pass.split('.')
  assert.equal(await shop.buy(userId, undefined, 1), 401, 'no pass')
  const bad: [string, string, string][] = [
    ['forged', userId, stranger.sign(claims)], ['without its signature', userId, `${head}.${body}.`],
    ['of another show', userId, signer.sign({ ...claims, showId: world.operator.userId })], ['expired', userId, signer.sign({ ...claims, exp: world.time.now - 60_000 })],
  ]
  if (other.userId !== userId) bad.push(['somebody else\'s', other.userId, pass])
  for (const [what, user, given] of bad) assert.equal(await shop.buy(user, given, 1), 403, what)
}
