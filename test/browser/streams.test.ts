import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { chromiumMissing, comeTo, openStage, type Stage, violationsOf } from './stage.ts'

const skip = chromiumMissing
let stage: Stage
before(async () => {
  if (!skip) stage = await openStage()
})
after(() => stage?.close())

/** What a page asks from now on, by the end of its address. */
function asked(page: Page) {
  const paths: string[] = []
  page.on('request', (request) => void paths.push(new URL(request.url()).pathname))
  return (end: string) => paths.filter((path) => path.endsWith(end)).length
}

test('a waiter follows the frames: who leaves ahead moves the place without a question, and the exact place is asked for when the turn is due', { skip }, async () => {
  const [show, waiter, other] = [await stage.show({ title: '물결' }), await stage.fan(), await stage.fan({ balance: 0 })]
  await stage.api.queue.control({ showId: show.showId, by: stage.operatorId, cap: 0 })
  for (const userId of [other.userId, randomUUID()]) await stage.api.queue.join({ showId: show.showId, userId, sessionId: userId })
  const visit = await stage.visit({ width: 390 })
  const { page } = visit
  await comeTo(page, `/shows/${show.showId}/line#join`, waiter)
  await page.getByRole('heading', { name: '앞에 2명 있어요' }).waitFor()
  const count = asked(page)
  await stage.api.queue.leave({ showId: show.showId, userId: other.userId, sessionId: other.userId })
  await page.getByRole('heading', { name: '앞에 1명 있어요' }).waitFor()
  assert.deepEqual([count('/queue/me'), count('/queue')], [0, 0])
  await stage.api.queue.control({ showId: show.showId, by: stage.operatorId, message: '음향을 점검하고 있어요' })
  await page.getByText('음향을 점검하고 있어요').waitFor()
  assert.deepEqual([count('/queue/me'), count('/queue')], [0, 0])
  await stage.api.queue.control({ showId: show.showId, by: stage.operatorId, cap: 300 })
  await page.waitForURL(/\/seats$/)
  assert.ok(count('/queue/me') >= 1)
  await visit.close()
})

test('whoever will hardly get a seat is told with figures, keeps the place and is not sent away', { skip }, async () => {
  const [show, waiter] = [await stage.show({ title: '먼 줄', rows: 1 }), await stage.fan()]
  await stage.api.queue.control({ showId: show.showId, by: stage.operatorId, cap: 0 })
  await Promise.all(Array.from({ length: 260 }, () => randomUUID()).map((userId) => stage.api.queue.join({ showId: show.showId, userId, sessionId: userId })))
  const visit = await stage.visit({ width: 390, language: 'en', dark: true })
  const { page } = visit
  await comeTo(page, `/shows/${show.showId}/line#join`, waiter)
  await page.getByRole('heading', { name: 'A seat is very unlikely' }).waitFor()
  await page.getByText('260 people ahead, 64 seats left. You can stay, or close this page and come back later. Your place counts either way.').first().waitFor()
  assert.deepEqual(await violationsOf(stage, page), [])
  await page.getByRole('button', { name: '한국어' }).click()
  await page.getByRole('heading', { name: '좌석을 받기 어려울 것 같아요' }).waitFor()
  await page.getByText('앞에 260명, 남은 좌석은 64석이에요.').first().waitFor()
  await visit.close()
})

test('the map hears what others take: a held seat shows without the map being read again', { skip }, async () => {
  const [show, fan, other] = [await stage.show({ title: '지도' }), await stage.fan(), await stage.fan()]
  const visit = await stage.visit()
  const { page } = visit
  await comeTo(page, `/shows/${show.showId}/line#join`, fan)
  await page.waitForURL(/\/seats$/)
  await page.locator('.legend').getByText('48').first().waitFor()
  const count = asked(page)
  await stage.api.queue.join({ showId: show.showId, userId: other.userId, sessionId: other.userId })
  const { pass } = await stage.api.queue.pass({ showId: show.showId, userId: other.userId, sessionId: other.userId, verified: true })
  await stage.api.seat.hold({ holdId: randomUUID(), showId: show.showId, userId: other.userId, sessionId: other.userId, seatIds: [3, 4], pass })
  await page.locator('.legend').getByText('46').first().waitFor()
  assert.equal(count('/seats'), 0)
  await visit.close()
})
