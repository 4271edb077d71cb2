import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { timeOfRound } from '../src/queue/draw-beacon.ts'
import { orderFrom } from '../src/queue/draw-rules.ts'
import { hash } from '../src/queue/draw-hash.ts'
import { beaconOf } from '../src/queue/testing.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

/** A draw over HTTP from the lobby to the check that anybody can run, and every lie a server could tell about it. */
const time = { now: Date.parse('2030-01-01T00:00:00Z') }
const minute = 60_000
const chain = beaconOf(() => time.now)
const command = fileURLToPath(new URL('../src/cli/verify-draw.ts', import.meta.url))
let shop: TestSystem
let showId: string
let fans: Person[]
let url: string

before(async () => {
  shop = await openSystem({ time, beacon: chain.beacon })
  const at = (ms: number) => new Date(time.now + ms).toISOString()
  showId = await shop.onSale({ windows: [{ name: '일반예매', lobbyOpensAt: at(0), opensAt: at(5 * minute), closesAt: at(60 * minute), audience: 'codes', codes: ['FAN'], sections: null }] })
  fans = await shop.fans(40)
  url = await shop.system.app.listen({ host: '127.0.0.1', port: 0 })
})
after(() => shop.close())

const get = (path: string, person?: Person) => shop.send('GET', `/api/shows/${showId}/queue${path}`, { token: person?.token })

test('the lobby says what is still missing before the opening, and asks for nothing a second time', async () => {
  const [fan] = fans as [Person]
  const stranger = await get('/lobby')
  assert.deepEqual([stranger.status, stranger.body.phase, stranger.body.checks], [200, 'lobby', { signedIn: false, verified: null, window: { ok: false, refusal: 'code_required' }, wallet: null }])
  assert.equal(stranger.body.serverTime, new Date(time.now).toISOString())
  const wrong = await get('/lobby?code=nope', fan)
  assert.deepEqual(wrong.body.checks, { signedIn: true, verified: true, window: { ok: false, refusal: 'code_wrong' }, wallet: { ok: true, balance: 1_000_000, wanted: 4 * 102_000 } })
  assert.deepEqual((await get('/lobby?code=fan', fan)).body.checks.window, { ok: true, refusal: null })
  const { status, body } = await shop.send('POST', `/api/shows/${showId}/queue`, { token: fan.token, body: { code: 'FAN' } })
  assert.deepEqual([status, body.number, body.rank, body.position, body.phase], [201, 1, null, null, 'lobby'])
  const inside = await get('/lobby', fan)
  assert.deepEqual([inside.body.number, inside.body.checks.window], [1, { ok: true, refusal: null }])
  assert.equal((await get('/lobby?code=', fan)).status, 400)
  for (const person of fans.slice(1)) await must(shop.send('POST', `/api/shows/${showId}/queue`, { token: person.token, body: { code: 'FAN' } }))
})

async function run(args: string[], origin = url) {
  const chainJson = JSON.stringify(chain.beacon.chain)
  const all = [command, '--show', showId, '--url', origin, '--chain', chainJson, '--json', ...args]
  const done = await promisify(execFile)(process.execPath, all).then(({ stdout }) => ({ code: 0, stdout, stderr: '' }), (error) => error as { code: number; stdout: string; stderr: string })
  return { code: done.code, report: done.stdout ? JSON.parse(done.stdout) : undefined, stderr: done.stderr }
}

test('until it is drawn a draw cannot be verified, and its secret is nowhere', async () => {
  await shop.advance(5 * minute - 10_000)
  await shop.settle()
  const { body } = await get('/draw')
  assert.deepEqual([body.phase, body.rosterCount, body.secret, body.seed, body.beacon.signature], ['sealed', 40, null, null, null])
  assert(Date.parse(body.beacon.roundAt) > Date.parse(body.rootedAt))
  assert.equal(Date.parse(body.beacon.roundAt), timeOfRound(chain.beacon.chain, body.beacon.round))
  const { code, report } = await run([])
  assert.deepEqual([code, report.sound], [1, false])
  assert.deepEqual(report.findings.filter(({ ok }: { ok: boolean | null }) => ok === null).map(({ what }: { what: string }) => what), ['commitment', 'signature', 'seed'])
})

test('drawn, the command does the whole draw again and every buyer stands where it says', async () => {
  await shop.advance(10_000)
  const { body: draw } = await get('/draw')
  const { code, report } = await run(['--number', '7'])
  assert.deepEqual([code, report.sound, report.rosterCount, report.weaker], [0, true, 40, []])
  const order = orderFrom(hash, draw.seed, 40)
  assert.equal(report.rank, order.rankOf(7))
  const ranks = await Promise.all(fans.map(async (fan) => (await get('/me', fan)).body))
  assert.deepEqual(ranks.map(({ rank }) => rank), ranks.map(({ number }) => order.rankOf(number)))
  const { status, body } = await get('/me/proof', fans[3])
  assert.deepEqual([status, body.number, body.rank], [200, 4, order.rankOf(4)])
  assert.equal((await get('/me/proof')).status, 401)
  assert.deepEqual((await shop.verify()).violations, [])
})

/** A server that stands before the real one and tells something else. */
async function liar(path: RegExp, change: (body: Record<string, any>) => unknown) {
  const server = createServer(async (request, reply) => {
    const answer = await fetch(`${url}${request.url}`)
    const body = await answer.json() as Record<string, any>
    const told = path.test(request.url ?? '') ? { ...body, ...(change(body) as object) } : body
    reply.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(told))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

test('every lie about a draw is found: secret, seed, root, roster, round, signature, strength, the line itself', async () => {
  const other = 'cd'.repeat(32)
  const lies: [RegExp, (body: Record<string, any>) => unknown, string[]][] = [
    [/\/draw\?|\/draw$/, () => ({ secret: other }), ['commitment', 'seed']],
    [/\/draw\?|\/draw$/, () => ({ seed: other }), ['seed', 'frame']],
    [/\/draw\?|\/draw$/, () => ({ root: other }), ['root', 'seed']],
    [/\/roster/, ({ accounts }) => ({ accounts: [...accounts].reverse() }), ['root']],
    [/\/roster/, ({ accounts }) => ({ accounts: [other, ...accounts.slice(1)] }), ['root']],
    [/\/draw\?|\/draw$/, ({ beacon }) => ({ beacon: { ...beacon, signature: chain.sign(beacon.round - 1) } }), ['signature', 'seed']],
    [/\/draw\?|\/draw$/, ({ beacon }) => ({ rootedAt: beacon.roundAt }), ['round']],
    [/\/draw\?|\/draw$/, () => ({ beacon: null }), ['chain', 'seed']],
  ]
  for (const [path, change, expected] of lies) {
    const proxy = await liar(path, change)
    const { code, report } = await run([], proxy.origin)
    proxy.close()
    assert.equal(code, 1)
    assert.deepEqual(report.findings.filter(({ ok }: { ok: boolean | null }) => ok === false).map(({ what }: { what: string }) => what), expected)
  }
})

test('the command trusts no beacon but the one it knows, and says what it was not told', async () => {
  const plain = await promisify(execFile)(process.execPath, [command, '--show', showId, '--url', url]).catch((error) => error)
  assert.deepEqual([plain.code, /MISMATCH chain/.test(plain.stdout), /MISMATCH signature/.test(plain.stdout)], [1, true, true])
  for (const args of [['--url', url], ['--show', showId, '--url', 'http://127.0.0.1:1'], ['--show', showId, '--number', 'x'], ['--show', crypto.randomUUID(), '--url', url]]) {
    const failed = await promisify(execFile)(process.execPath, [command, ...args]).catch((error) => error)
    assert.equal(failed.code, 2, args.join(' '))
  }
})
