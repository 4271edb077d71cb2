import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createTokens } from '../src/platform/token.ts'
import type { PassClaims } from '../src/seat/api.ts'
import { routesOf } from './document.ts'
import { hold, pay, reserve, sound } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem({ absent: ['queue'] })
})
after(() => world.close())

/** The line of somebody else, which has the pass secret of test/system.ts. */
const line = createTokens<PassClaims>('pass', [{ id: 't', secret: 'p'.repeat(40) }])

function sessionOf({ token }: Person): string {
  return JSON.parse(Buffer.from(token.split('.')[2] ?? '', 'base64url').toString()).sessionId
}

test('behind a line of somebody else the seats are sold with its passes, and with no other', async () => {
  const showId = await world.onSale()
  const [fan, other] = await world.fans(2)
  assert.ok(fan && other)
  const claims = { userId: fan.userId, sessionId: sessionOf(fan), showId, windowId: randomUUID(), passNo: 1, sections: null, exp: world.time.now + 600_000 }
  const bad: [string | undefined, string][] = [
    [undefined, 'pass_required'], [createTokens<PassClaims>('pass', [{ id: 't', secret: 'q'.repeat(40) }]).sign(claims), 'pass_invalid'],
    [line.sign({ ...claims, exp: world.time.now }), 'pass_expired'], [line.sign({ ...claims, userId: other.userId }), 'pass_invalid'],
  ]
  for (const [pass, code] of bad) assert.equal((await hold(world, fan, showId, [1], { pass })).body.code, code)
  const held = await must(hold(world, fan, showId, [1, 2], { pass: line.sign(claims) }))
  const reservation = await must(reserve(world, fan, held.body.id))
  assert.equal((await must(pay(world, fan, reservation.body.id))).body.status, 'completed')
  await sound(world)
})

test('the routes of the line say that there is none; the rest is whole', async () => {
  const showId = await world.onSale()
  const [fan] = await world.fans(1)
  assert.ok(fan)
  for (const [method, path] of [['POST', 'queue'], ['GET', 'queue'], ['GET', 'queue/me'], ['POST', 'queue/pass']] as const)
    assert.equal((await world.send(method, `/api/shows/${showId}/${path}`, { token: fan.token })).body.code, 'service_absent', path)
  assert.equal((await must(world.send('GET', `/api/shows/${showId}`))).body.availability.state, 'open')
  const story = await must(world.send('GET', `/api/shows/${showId}/queue/me/story`, { token: fan.token }))
  assert.deepEqual(story.body.steps, [])
  assert.ok(!routesOf(world).some(({ path }) => path === '/api/shows/{id}/queue' || path.startsWith('/api/passes')))
  assert.ok(!(await world.verify()).services.includes('queue'))
})
