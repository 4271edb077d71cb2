import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { ko } from '../../web/words/ko.ts'
import { assertSound, chromiumMissing, openStage, type Stage } from './stage.ts'

const skip = chromiumMissing
const second = 1_000
const minute = 60 * second
const day = 24 * 60 * minute
const opensInMs = 10 * second
const pageSize = 24
const { home, common } = ko
const plan = { sections: [{ name: 'A', grade: 'R', kind: 'seated' as const, rows: [{ name: '1', seats: 4 }] }] }
let stage: Stage
before(async () => {
  if (skip) return
  stage = await openStage()
  for (let i = 0; i < pageSize; i++) await stage.show({ title: `먼저 하는 공연 ${i}`, plan, opensInMs: 10 * day, startsInMs: 20 * day, closesInMs: 11 * day })
  await stage.show({ title: '멀리 있는 공연', plan, opensInMs: 10 * day, startsInMs: 100 * day, closesInMs: 11 * day })
  await stage.show({ title: '조금 뒤에 여는 공연', plan, opensInMs: 20 * minute, startsInMs: 90 * day })
})
after(() => stage?.close())

const isAbout = (url: string) => url.includes('openingMinutes')
const nameStands = (page: Page, place: number, hasText: string) => page.locator('.concert').nth(place).locator('h2', { hasText }).waitFor({ state: 'attached' })

test('what is about to open is waited for only so long: the list is shown without it, and it comes first when it is there', { skip }, async () => {
  const visit = await stage.visit({ width: 390 })
  const { page } = visit
  const held: Route[] = []
  await page.route(({ href }) => isAbout(href), (route) => void held.push(route))
  await page.goto('/')
  await nameStands(page, 0, '먼저 하는 공연')
  assert.equal(await page.locator('.concert').count(), pageSize)
  assert.equal(held.length, 1)
  for (const route of held) await route.continue()
  await nameStands(page, 0, '조금 뒤에 여는 공연')
  assert.equal(await page.locator('.concert').count(), pageSize + 1)
  await visit.close()
})

test('a concert far down the list stands first before it opens, and the open page says by itself that it is on sale, asking nobody then', { skip }, async () => {
  const { concertId } = await stage.show({ title: '곧 여는 공연', plan, opensInMs, startsInMs: 80 * day })
  const visit = await stage.visit({ width: 390 })
  const { page } = visit
  await page.clock.install()
  const first = page.locator('.concert').first()
  await page.goto('/')
  await nameStands(page, 0, '곧 여는 공연')
  assert.equal(await page.locator('.concert').count(), pageSize + 2, 'a whole page, and the two that are on none')
  await nameStands(page, 1, '조금 뒤에 여는 공연')

  const asked: string[] = []
  page.on('request', (request) => request.url().includes('/api/') && asked.push(request.url()))
  await page.clock.fastForward(2 * opensInMs)
  await first.locator('.opens', { hasText: home.onSale }).waitFor()
  assert.deepEqual(asked, [], 'all pages open at the same moment')

  await stage.passTime(2 * opensInMs)
  const opened = page.waitForResponse(async (response) => {
    if (!isAbout(response.url())) return false
    const { items } = (await response.json()) as { items: { id: string; openedAt: string | null }[] }
    return items.some(({ id, openedAt }) => id === concertId && openedAt !== null)
  })
  await page.clock.fastForward(80 * second)
  await opened
  await nameStands(page, 0, '곧 여는 공연')
  assert.equal(await first.locator('.opens').textContent(), home.onSale)
  await assertSound(stage, page, 'home with what is about to open')
  await visit.close()
})

test('the next page comes below what stands there, which stays meanwhile', { skip }, async () => {
  const visit = await stage.visit({ width: 390 })
  const { page } = visit
  const cards = page.locator('.concert')
  const gate = Promise.withResolvers<void>()
  await page.route(({ href }) => href.includes(`size=${2 * pageSize}`), (route) => gate.promise.then(() => route.continue()))
  await page.goto('/')
  await cards.nth(pageSize).waitFor()
  const before = await cards.count()
  const more = page.getByRole('button', { name: common.more })
  await more.click()
  await page.locator('button:disabled', { hasText: common.more }).waitFor()
  assert.equal(await cards.count(), before)
  gate.resolve()
  await more.waitFor({ state: 'detached' })
  const titles = await page.locator('.concert h2').allTextContents()
  assert.equal(new Set(titles).size, titles.length, 'each concert once')
  assert.ok(titles.includes('멀리 있는 공연'))
  await visit.close()
})

test('the list asks for what is still to come, a search for all there is', { skip }, async () => {
  const visit = await stage.visit({ width: 390 })
  const { page } = visit
  const asked: (string | null)[] = []
  page.on('request', (request) => request.url().includes('sort=date') && asked.push(new URL(request.url()).searchParams.get('over')))
  await page.goto('/')
  await page.locator('.concert').first().waitFor()
  await page.locator('input[type=search]').fill('멀리')
  await page.locator('search button').click()
  await page.getByRole('status').filter({ hasText: home.found(1) }).waitFor()
  assert.deepEqual(asked, ['false', null])
  await visit.close()
})
