import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { type ChildServer, startChildServer } from '../../src/cli/child-server.ts'
import { createSale, saleEnvironment } from '../sale.ts'
import { findChromium } from './chromium.ts'
import { chromiumMissing, watch } from './stage.ts'

const skip = chromiumMissing
const ahead = 10
let directory: string
let server: ChildServer
let browser: Browser
before(async () => {
  if (skip) return
  directory = await mkdtemp(join(tmpdir(), 'openrun-restart-'))
  server = await startChildServer(directory, { ...saleEnvironment, BEACON_URLS: 'none' })
  browser = await chromium.launch({ executablePath: findChromium() ?? '', args: ['--no-sandbox'] })
})
after(async () => {
  if (skip) return
  // of a failed start there is only a part
  await browser?.close()
  await server?.stop()
  await rm(directory, { recursive: true, force: true })
})

const fan = { email: 'fan@restart.example', password: 'restart-test-1234', name: '한지민' }
// while the server is dead nobody answers
const dead = [/net::ERR_(CONNECTION|EMPTY|INCOMPLETE|SOCKET)/, /^503 /]

/** A device of the fan's own, signed in by the form. */
async function device(showId: string) {
  const context = await browser.newContext({ baseURL: server.url, viewport: { width: 390, height: 844 }, locale: 'ko-KR', reducedMotion: 'reduce' })
  // a page asks again only after 7 to 13 s
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const problems: string[] = []
  watch(page, problems, dead)
  await page.goto(`/sign-in?back=${encodeURIComponent(`/shows/${showId}/line#join`)}`)
  await page.locator('input[name=email]').fill(fan.email)
  await page.locator('input[name=password]').fill(fan.password)
  await page.locator('main form button[type=submit]').click()
  return { context, page, problems }
}

const stands = (page: Page) => page.getByRole('heading', { name: `앞에 ${ahead}명 있어요` }).waitFor()

test('the line over reload, second tab, second device and kill -9: the same place in the same order, and every page comes back by itself', { skip, timeout: 240_000 }, async (t) => {
  const sale = createSale(server.url, server.opsUrl)
  t.after(() => sale.close())
  const { showId, tokens, operator } = await sale.openShow(2 * ahead, 50)
  const line = `/api/operations/shows/${showId}/line`
  // a fresh show is heard of a moment later
  while ((await sale.ask('PUT', line, { token: operator, body: { cap: 0 } })).status !== 200);
  for (const token of tokens.slice(0, ahead)) assert.equal((await sale.ask('POST', `/api/shows/${showId}/queue`, { token, body: {} })).status, 201)
  assert.equal((await sale.ask('POST', '/api/users', { body: fan })).status, 201)

  const phone = await device(showId)
  await stands(phone.page)
  for (const token of tokens.slice(ahead)) await sale.ask('POST', `/api/shows/${showId}/queue`, { token, body: {} })
  await phone.page.reload()
  await stands(phone.page)
  const tab = await phone.context.newPage()
  await tab.goto(`/shows/${showId}/line`)
  await stands(tab)
  const laptop = await device(showId)
  await stands(laptop.page)
  const before = await sale.ask('GET', `${line}/order`, { token: operator })
  assert.equal((before.body.stored as { waiting: number }).waiting, 2 * ahead + 1)

  await server.killAndRestart()
  for (const page of [phone.page, tab, laptop.page]) {
    await page.locator('footer', { hasText: '방금 받은 순번이에요' }).waitFor()
    await stands(page)
  }
  const order = await sale.ask('GET', `${line}/order`, { token: operator })
  assert.deepEqual([order.body.stored, order.body.copy], [before.body.stored, { ...(before.body.copy as object), ...(order.body.stored as object) }], 'the order everybody had')

  // the pages that lived through it hear again, and do not only show what they knew
  assert.equal((await sale.ask('PUT', line, { token: operator, body: { message: '다시 열었어요' } })).status, 200)
  for (const page of [phone.page, tab, laptop.page]) await page.getByText('다시 열었어요').waitFor()
  assert.deepEqual([...phone.problems, ...laptop.problems], [])
})
