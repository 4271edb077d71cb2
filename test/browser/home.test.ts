import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ko } from '../../web/words/ko.ts'
import { assertSound, chromiumMissing, openStage, type Stage } from './stage.ts'

const skip = chromiumMissing
const minute = 60_000
const day = 24 * 60 * minute
const opensInMs = 5_000
const pageSize = 24
const { home } = ko
let stage: Stage
before(async () => {
  if (!skip) stage = await openStage()
})
after(() => stage?.close())

test('a concert far down the list stands first before it opens, and the open page says by itself that it is on sale', { skip }, async () => {
  const plan = { sections: [{ name: 'A', grade: 'R', kind: 'seated' as const, rows: [{ name: '1', seats: 4 }] }] }
  for (let i = 0; i < pageSize; i++) await stage.show({ title: `먼저 하는 공연 ${i}`, plan, opensInMs: 10 * day, startsInMs: 20 * day, closesInMs: 11 * day })
  await stage.show({ title: '조금 뒤에 여는 공연', plan, opensInMs: 20 * minute, startsInMs: 90 * day })
  const { concertId } = await stage.show({ title: '곧 여는 공연', plan, opensInMs, startsInMs: 80 * day })
  const visit = await stage.visit({ width: 390 })
  const { page } = visit
  const cards = page.locator('.concert')
  const first = cards.first()
  await page.goto('/')
  await first.locator('h2', { hasText: '곧 여는 공연' }).waitFor({ state: 'attached' })
  assert.equal(await cards.count(), pageSize + 2, 'a whole page, and the two that are on none')
  await cards.nth(1).locator('h2', { hasText: '조금 뒤에 여는 공연' }).waitFor({ state: 'attached' })
  const opened = page.waitForResponse(async (response) => {
    if (!response.url().includes('openingMinutes')) return false
    const { items } = (await response.json()) as { items: { id: string; openedAt: string | null }[] }
    return items.some(({ id, openedAt }) => id === concertId && openedAt !== null)
  })
  await first.locator('.opens', { hasText: home.onSale }).waitFor()
  await first.locator('h2', { hasText: '곧 여는 공연' }).waitFor({ state: 'attached' })
  await opened
  assert.equal(await first.locator('.opens').textContent(), home.onSale)
  await assertSound(stage, page, 'home with what is about to open')
  await visit.close()
})
