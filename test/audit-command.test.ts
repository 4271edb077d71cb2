import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { domOf, findChromium } from './browser/chromium.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

/** The record of a sale with a drawn line, recomputed by the command and by the page from what a live server publishes. */
const time = { now: Date.parse('2030-01-01T00:00:00Z') }
const minute = 60_000
const command = fileURLToPath(new URL('../src/cli/audit.ts', import.meta.url))
let shop: TestSystem
let url: string
let showId: string

before(async () => {
  shop = await openSystem({ time })
  const at = (ms: number) => new Date(time.now + ms).toISOString()
  showId = await shop.onSale({ windows: [{ name: '일반예매', lobbyOpensAt: at(0), opensAt: at(minute), closesAt: at(3 * minute), audience: 'everyone', sections: null }] })
  await must(shop.send('PUT', `/api/operations/shows/${showId}/line`, { token: shop.operator.token, body: { cap: 3 } }))
  const fans = await shop.fans(20, 0)
  const join = ({ token }: Person) => must(shop.send('POST', `/api/shows/${showId}/queue`, { token, body: {} }))
  for (const fan of fans) await join(fan)
  await shop.advance(minute)
  for (let round = 0; round < 4; round++) {
    for (const { token } of fans) {
      if ((await shop.send('POST', `/api/shows/${showId}/queue/pass`, { token, body: {} })).status === 201) await must(shop.send('DELETE', `/api/shows/${showId}/queue/me`, { token }))
    }
    await shop.settle()
  }
  url = await shop.system.app.listen({ host: '127.0.0.1', port: 0 })
})
after(() => shop.close())

async function run(args: string[]) {
  const done = await promisify(execFile)(process.execPath, [command, ...args]).then(({ stdout }) => ({ code: 0, stdout, stderr: '' }), (error) => error as { code: number; stdout: string; stderr: string })
  return { code: done.code, stdout: done.stdout, stderr: done.stderr }
}

/** A server that says something else than it was told; `change` gets each page of the record, and the draw. */
async function liar(change: (page: { items?: Record<string, unknown>[]; seed?: string }) => void): Promise<{ origin: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void fetch(`${url}${request.url}`).then((answer) => answer.json()).then((page) => {
      change(page as never)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(page))
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => new Promise((closed) => server.close(() => closed())) }
}

test('the command recomputes a sale with a drawn line from a live server, in words and as JSON Lines', async () => {
  const plain = await run(['--show', showId, '--url', url])
  assert.equal(plain.code, 0, plain.stderr)
  assert.match(plain.stdout, /The sale is running[\s\S]*20 joins, \d+ calls, at most 3 in at once[\s\S]*nobody was passed over/)
  const lines = (await run(['--show', showId, '--url', url, '--json'])).stdout.trim().split('\n').map((line) => JSON.parse(line))
  const verdict = lines.at(-1)
  assert.deepEqual([verdict.kind, verdict.joins, verdict.liveMax, verdict.complete, verdict.violations], ['verdict', 20, 3, false, []])
  assert.ok(verdict.calls >= 12)
  const header = lines.find(({ kind }) => kind === 'line')
  assert.deepEqual([header.rosterCount, /^[0-9a-f]{64}$/.test(header.seed)], [20, true])
  const called = lines.filter(({ kind, what }) => kind === 'place' && what === 'called').map(({ number }) => number)
  assert.notDeepEqual(called, called.toSorted((a, b) => a - b), 'in the order of the draw')
})

test('a record that was changed on the way fails it, and so does no record; wrong options are told apart', async () => {
  const changed = await liar(({ items }) => {
    const call = items?.find(({ what }) => what === 'called')
    if (call) call.number = 21 - Number(call.number)
  })
  try {
    const { code, stdout } = await run(['--show', showId, '--url', changed.origin])
    assert.equal(code, 1)
    assert.match(stdout, /VIOLATION chain_broken/)
  } finally {
    await changed.close()
  }
  const redrawn = await liar((page) => {
    if (page.seed) page.seed = 'ab'.repeat(32)
  })
  try {
    const { code, stdout } = await run(['--show', showId, '--url', redrawn.origin])
    assert.equal(code, 1)
    assert.match(stdout, /VIOLATION other_draw/)
  } finally {
    await redrawn.close()
  }
  const unknown = await run(['--show', '00000000-0000-4000-8000-000000000000', '--url', url])
  assert.deepEqual([unknown.code, /show_unknown/.test(unknown.stderr)], [1, true])
  assert.equal((await run(['--show', showId, '--url', 'http://127.0.0.1:1'])).code, 1)
  for (const args of [[], ['--show', 'x'], ['--show', showId, '--url', 'x'], ['--colour']]) assert.equal((await run(args)).code, 2, args.join(' '))
})

test('in a browser the page recomputes the sale, in both languages', { skip: findChromium() ? false : 'no chromium on this machine' }, async () => {
  const look = (lang: string) => domOf(`${url}/audit-proof?show=${showId}&lang=${lang}`)
  const korean = await look('ko')
  for (const what of ['passed_over', 'cap_exceeded', 'called_while_paused', 'two_places', 'number_gap', 'impossible', 'chain_broken'])
    assert.match(korean, new RegExp(`class="ok" data-what="${what}"`), what)
  assert.match(korean, /판매가 진행 중/)
  assert.match(await look('en'), /lang="en"[\s\S]*Nobody passed a waiter: It holds[\s\S]*<dt>Joins<\/dt><dd>20<\/dd>/)
})
