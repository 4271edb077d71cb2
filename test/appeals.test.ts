import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { rateBudgets } from '../src/gateway/limits.ts'
import { networksOf } from '../src/platform/address.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

const percent = 10
const burstOf = (payer: 'address' | 'account') => (rateBudgets.join[payer].burst * percent) / 100
const school = '203.0.113.7'
let world: TestSystem
let showId: string
before(async () => {
  world = await openSystem({ limits: { percent, exempt: networksOf('loopback')!, proxies: networksOf('10.0.0.1')! } })
  showId = await world.onSale()
})
after(() => world.close())

const join = ({ token }: Person, show = showId, from = school) => world.send('POST', `/api/shows/${show}/queue`, { token, from, body: {} })
const appeal = async ({ token }: Person, from = school) => (await must(world.send('POST', `/api/shows/${showId}/queue/appeals`, { token, from, body: { text: 'We are a whole school.' } }))).body
const answer = (id: string, outcome: string) => must(world.send('POST', `/api/operations/appeals/${id}/answer`, { token: world.operator.token, body: { outcome, answer: 'We have looked.' } }))

test('a join that is slowed leaves evidence, an appeal carries it, and upheld it lifts the slowing of that account for that show', async () => {
  const [fan, other] = (await world.fans(2, 0)) as [Person, Person]
  for (const one of [fan, other]) for (let i = 0; i < burstOf('account'); i++) await must(join(one))
  const slowed = await join(fan)
  assert.deepEqual([slowed.status, slowed.body.code, slowed.body.reason, slowed.body.appeal], [429, 'rate_limited', 'joins_by_account', `/api/shows/${showId}/queue/appeals`])
  const inPercents = `%${showId.charCodeAt(0).toString(16)}${showId.slice(1)}`
  assert.equal((await join(fan, inPercents)).body.reason, 'joins_by_account', 'however the address is written')
  await join(other)
  await world.settle()

  const filed = await appeal(fan)
  assert.deepEqual(filed.evidence.map(({ rule, outcome, count, inputs }: Record<string, unknown>) => ({ rule, outcome, count, inputs })),
    [{ rule: 'joins_by_account', outcome: 'slowed', count: 2, inputs: { perMinute: (rateBudgets.join.account.perSecond * 60 * percent) / 100 } }])
  const { items } = (await must(world.send('GET', '/api/operations/appeals', { token: world.operator.token }))).body
  assert.deepEqual(items.map(({ id, userId, evidence }: Record<string, unknown>) => ({ id, userId, evidence })), [{ id: filed.id, userId: fan.userId, evidence: filed.evidence }])
  const declined = await appeal(other)
  await answer(declined.id, 'declined')
  await answer(filed.id, 'upheld')
  assert.equal((await join(fan)).status, 429, 'it is heard of within two seconds')
  await world.settle()

  for (let i = 0; i < 5; i++) assert.equal((await join(fan)).status, 200)
  assert.equal((await join(other)).status, 429, 'whose appeal was declined')
  const elsewhere = await world.onSale()
  assert.equal((await join(fan, elsewhere)).status, 429, 'another show')
})

test('an upheld appeal passes a crowded address, whose others are still slowed, and so are those who are nobody', async () => {
  const crowd = await world.fans(burstOf('address'), 0)
  const from = '203.0.113.8'
  const [first, second] = (await world.fans(2, 0)) as [Person, Person]
  for (const fan of crowd) await must(join(fan, showId, from))
  const slowed = await join(first, showId, from)
  assert.deepEqual([slowed.status, slowed.body.reason], [429, 'joins_by_address'])
  await world.settle()
  const filed = await appeal(first, from)
  assert.deepEqual(filed.evidence.map(({ rule }: { rule: string }) => rule), ['joins_by_address'], 'what was decided about the address')
  await answer(filed.id, 'upheld')
  await world.settle()
  assert.deepEqual([(await join(first, showId, from)).status, (await join(second, showId, from)).status], [201, 429])
  assert.ok([401, 429].includes((await world.send('POST', `/api/shows/${showId}/queue`, { from, body: {} })).status))
})
