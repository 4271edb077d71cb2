import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { balanceOf, pay, reserved, signInAgain, sound } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
after(() => world.close())

const password = 'a password to leave with'
let people = 0
async function newcomer(amount: number): Promise<Person> {
  const email = `leaving-${++people}@test.example`
  await must(world.send('POST', '/api/users', { body: { email, name: 'Leaving', password } }))
  const person = await world.signIn(email, password)
  await must(world.send('POST', '/api/wallet/top-ups', { token: person.token, body: { amount } }))
  return person
}
const leave = ({ token }: Person, body: object = { password }) => world.send('DELETE', '/api/me', { token, body })
const sentTo = async ({ userId }: Person) =>
  (await world.db.rows<{ amount: number; status: string }>(sql`select amount, status from wallet.withdrawals where user_id = ${userId} order by created_at, amount`))
    .map(({ amount, status }) => `${amount} ${status}`)
const inWalletOf = async ({ userId }: Person) =>
  (await world.db.rows<{ balance: number }>(sql`select balance from wallet.accounts where owner = ${userId}`))[0]?.balance

test('who leaves with money is told the sum and nothing happens; with the money withdrawn, or sent back with payOut, the account goes', async () => {
  const [careful, quick] = [await newcomer(30_000), await newcomer(5_000)]
  const told = await leave(careful)
  assert.deepEqual([told.status, told.body.code, told.body.balance], [409, 'balance_left', 30_000])
  assert.equal(await balanceOf(world, careful), 30_000, 'still signed in, nothing moved')
  await must(world.send('POST', '/api/wallet/withdrawals', { token: careful.token, body: { amount: 30_000 } }))
  assert.equal((await leave(careful)).status, 204)
  assert.equal((await leave(quick, { password: 'another password', payOut: true })).body.code, 'login_failed')
  await world.settle()
  assert.equal(await balanceOf(world, quick), 5_000)
  assert.equal((await leave(quick, { password, payOut: true })).status, 204)
  await world.settle()
  assert.deepEqual([await inWalletOf(quick), await sentTo(quick)], [0, ['5000 done']])
  assert.equal((await world.send('GET', '/api/me', { token: quick.token })).status, 401)
  await sound(world)
})

test('a refund to an account that is gone lands and is sent out by itself', async () => {
  const showId = await world.onSale()
  const fan = await newcomer(204_000)
  await world.db.rows(sql`update "user".users set verified_at = now() where id = ${fan.userId}`)
  const { reservationId } = await reserved(world, fan, showId, [1, 2])
  await must(pay(world, fan, reservationId))
  assert.equal((await leave(fan)).status, 204)
  await world.settle()
  await signInAgain(world)
  await must(world.send('POST', `/api/shows/${showId}/refunds`, { token: world.operator.token, body: { reservationId, seatIds: [2], reason: 'camera' } }))
  await world.settle()
  await must(world.send('POST', `/api/shows/${showId}/cancel`, { token: world.operator.token, body: { reason: 'ill' } }))
  await world.advance(2_000)
  assert.deepEqual([await inWalletOf(fan), await sentTo(fan)], [0, ['102000 done', '102000 done']])
  await sound(world)
})

test('money that comes between the look at the balance and the end of the account is sent out by itself', async () => {
  const fan = await newcomer(1_000)
  await must(world.send('POST', '/api/wallet/withdrawals', { token: fan.token, body: { amount: 1_000 } }))
  const topUp = (source?: string) => world.system.api.wallet.topUp({ topUpId: crypto.randomUUID(), userId: fan.userId, amount: 2_000, ...(source ? { source } : {}) })
  const late = await topUp('sandbox:late')
  assert.equal(late.status, 'pending')
  const between: Promise<unknown>[] = []
  const other = await openSystem({ db: world.db, time: world.time, operator: world.operator, step: (_kind, name) => {
    if (name === 'wallet.balance') between.push(topUp())
  } })
  assert.equal((await other.send('DELETE', '/api/me', { token: fan.token, body: { password } })).status, 204)
  assert.equal((await Promise.all(between)).length, 1)
  await topUp()
  assert.equal(await inWalletOf(fan), 4_000, 'both landed: the wallet has not heard yet')
  await world.settle()
  await assert.rejects(topUp(), /account_closed/)
  await world.advance(121_000)
  await world.advance(2_000)
  assert.deepEqual([await inWalletOf(fan), await sentTo(fan)], [0, ['1000 done', '4000 done', '2000 done']])
  await sound(world)
})
