import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { domOf, findChromium } from './browser/chromium.ts'
import { must, openSystem, type TestSystem } from './system.ts'

/** The page that does a draw again in the browser. */
const time = { now: Date.parse('2030-01-01T00:00:00Z') }
const minute = 60_000
let shop: TestSystem
let url: string
let showId: string

before(async () => {
  shop = await openSystem({ time })
  const at = (ms: number) => new Date(time.now + ms).toISOString()
  showId = await shop.onSale({ windows: [{ name: '일반예매', lobbyOpensAt: at(0), opensAt: at(minute), closesAt: at(60 * minute), audience: 'everyone', sections: null }] })
  for (const { token } of await shop.fans(12, 0)) await must(shop.send('POST', `/api/shows/${showId}/queue`, { token, body: {} }))
  await shop.advance(minute)
  url = await shop.system.app.listen({ host: '127.0.0.1', port: 0 })
})
after(() => shop.close())

test('every module that the page asks for is served as a script by an own address, and nothing else is', async () => {
  const page = await fetch(`${url}/draw-proof?show=${showId}`)
  assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self'/)
  assert.doesNotMatch(await page.text(), /<script(?![^>]* src=)|\son[a-z]+=|style=/)
  const seen = new Set<string>()
  async function follow(address: string): Promise<void> {
    if (seen.has(address)) return
    seen.add(address)
    const answer = await fetch(address)
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'text/javascript; charset=utf-8'], address)
    const script = (await answer.text()).replaceAll(/\/\*[\s\S]*?\*\//g, '')
    for (const [, from = ''] of script.matchAll(/^(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]/gm)) {
      assert(/^[./]/.test(from), `${from} of ${address} has no address`)
      await follow(new URL(from, address).href)
    }
  }
  await follow(`${url}/draw-proof/web/page.ts`)
  await follow(`${url}/draw-proof/web/audit.ts`)
  assert([...seen].some((address) => address.endsWith('/queue/order.ts')) && seen.size > 10, [...seen].join('\n'))
  for (const path of ['queue/store.ts', 'queue/draw.ts', 'vendor/@noble/curves/package.json', 'vendor/@noble/curves/absent.js', 'vendor/@noble/../pg/lib/index.js', '..%2f..%2fpackage.json', 'constructor', '__proto__'])
    assert.equal((await fetch(`${url}/draw-proof/${path}`)).status, 404, path)
})

test('in a browser the page computes commitment, seed and strength, in both languages', { skip: findChromium() ? false : 'no chromium on this machine' }, async () => {
  const look = (query: string) => domOf(`${url}/draw-proof?${query}`)
  const { body: draw } = await shop.send('GET', `/api/shows/${showId}/queue/draw`)
  const korean = await look(`show=${showId}&lang=ko`)
  assert(korean.includes(draw.seed) && korean.includes(draw.secret))
  assert.match(korean, /class="ok" data-what="commitment"[\s\S]*class="ok" data-what="seed"/)
  // this system names no beacon, and the page does not hide it
  assert.match(korean, /class="wrong" data-what="strength"[\s\S]*증명이 약해요/)
  const english = await look(`show=${showId}&lang=en`)
  assert.match(english, /lang="en"[\s\S]*Commitment \(hash of the secret\): It matches/)
})
