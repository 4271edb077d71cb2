import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

const password = 'staff-test-1234'
let world: TestSystem
let organiser: Person
let concertId: string
before(async () => {
  world = await openSystem()
  organiser = await person('organiser@test.example', 'organiser')
  concertId = (await must(world.send('POST', '/api/concerts', { token: organiser.token, body: { title: '문 앞', venue: '홀' } }))).body.id
})
after(() => world.close())

async function person(email: string, role: 'buyer' | 'organiser'): Promise<Person> {
  await world.system.userService.ensureUser({ email, password, name: '이름', role })
  return world.signIn(email, password)
}
const staff = (method: 'GET' | 'PUT' | 'DELETE', body?: unknown, { token }: { token?: string } = organiser) =>
  world.send(method, `/api/concerts/${concertId}/staff`, { ...(token && { token }), ...(body === undefined ? {} : { body }) })
const lookUps = () => world.db.rows<{ actor: string; target: string; after: unknown }>(sql`select actor, target, after from "user".audit where action = 'staff.look_up' order by id`)

test('an organiser names staff by a verified address and sees no more of them than that address', async () => {
  const helper = await person('door@test.example', 'buyer')
  const named = await staff('PUT', { email: 'Door@Test.example' })
  assert.equal(named.status, 200)
  assert.deepEqual(named.body.items.map(({ userId, email }: Record<string, string>) => [userId, email]), [[helper.userId, 'door@test.example']])
  assert.deepEqual(Object.keys(named.body.items[0]).sort(), ['addedAt', 'email', 'userId'])
  assert.deepEqual([(await staff('PUT', { email: 'door@test.example' })).body, (await staff('GET')).body], [named.body, named.body])
  assert.deepEqual((await staff('DELETE', { email: 'nobody@test.example' })).body, named.body, 'nobody of the staff: as it is')
  assert.deepEqual((await staff('DELETE', { email: 'Door@test.example' })).body, { items: [] })
})

test('an address nobody has, nobody has verified or somebody has given up is one answer; every look-up is in the audit', async () => {
  await must(world.send('POST', '/api/users', { body: { email: 'squatter@test.example', name: '아무개', password } }))
  const gone = await person('gone@test.example', 'buyer')
  await must(world.send('DELETE', '/api/me', { token: gone.token, body: { password } }))
  const before = (await lookUps()).length
  for (const email of ['nobody@test.example', 'squatter@test.example', 'gone@test.example']) {
    const refused = await staff('PUT', { email })
    assert.deepEqual([refused.status, refused.body.code], [404, 'staff_unknown'], email)
  }
  const found = { actor: organiser.userId, target: concertId, after: { userId: null } }
  assert.deepEqual((await lookUps()).slice(before), [found, found, found])
  assert.equal((await staff('PUT', { email: 'not an address' })).status, 400)
})

test('a stranger neither reads nor changes staff, and learns nothing about addresses', async () => {
  const foreign = await person('foreign@test.example', 'organiser')
  const buyer = await person('fan@test.example', 'buyer')
  const before = await lookUps()
  for (const [method, body] of [['GET'], ['PUT', { email: 'fan@test.example' }], ['PUT', { email: 'nobody@test.example' }], ['DELETE', { email: 'fan@test.example' }]] as const) {
    assert.deepEqual([(await staff(method, body, foreign)).status, (await staff(method, body, foreign)).body.code], [404, 'concert_unknown'])
    assert.equal((await staff(method, body, buyer)).body.code, 'role_required')
    assert.equal((await staff(method, body, {})).body.code, 'sign_in_required')
  }
  assert.deepEqual(await lookUps(), before)
})

test('who erases the account is nobody\'s staff any more, also in the table', async () => {
  const helper = await person('leaver@test.example', 'buyer')
  await must(staff('PUT', { email: 'leaver@test.example' }))
  const exported = (await must(world.send('GET', '/api/me/export', { token: helper.token }))).body
  assert.deepEqual(exported.staff.map((each: { concertId: string }) => each.concertId), [concertId], 'it is theirs to know')
  await must(world.send('DELETE', '/api/me', { token: helper.token, body: { password } }))
  assert.deepEqual((await staff('GET')).body.items, [], 'before concert has heard of it')
  await world.settle()
  assert.deepEqual(await world.db.rows(sql`select 1 from concert.staff where user_id = ${helper.userId}`), [])
})

test('an operator may read and change the staff of any concert, and of none that is not there', async () => {
  const helper = await person('second@test.example', 'buyer')
  await must(staff('PUT', { email: 'second@test.example' }, world.operator))
  assert.deepEqual((await staff('GET', undefined, world.operator)).body.items.map(({ userId }: Record<string, string>) => userId), [helper.userId])
  assert.equal((await world.send('GET', `/api/concerts/${randomUUID()}/staff`, { token: world.operator.token })).body.code, 'concert_unknown')
})
