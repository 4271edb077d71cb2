import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chromiumMissing, comeTo, openStage, signIn, type Stage } from './stage.ts'

const skip = chromiumMissing
let stage: Stage
before(async () => {
  if (!skip) stage = await openStage()
})
after(() => stage?.close())

test('the line keeps the place over a reload, in a second tab and on a second device, and moves when asked', { skip }, async () => {
  const own = await stage.show({ title: '긴 줄' })
  const waiter = await stage.fan()
  await stage.api.queue.control({ showId: own.showId, by: stage.operatorId, cap: 0 })
  for (const other of [await stage.fan({ balance: 0 }), await stage.fan({ balance: 0 })]) await stage.api.queue.join({ showId: own.showId, userId: other.userId, sessionId: other.userId })
  const visit = await stage.visit({ width: 390 })
  const { page } = visit
  await page.goto(`/shows/${own.showId}/line`)
  await page.getByRole('heading', { name: '로그인하고 줄을 서요' }).waitFor()
  await page.locator('#line .button.primary').click()
  await signIn(page, waiter)
  await page.getByRole('heading', { name: '앞에 2명 있어요' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: '앞에 2명 있어요' }).waitFor()
  const tab = await visit.context.newPage()
  await tab.goto(`/shows/${own.showId}/line`)
  await tab.getByRole('heading', { name: '앞에 2명 있어요' }).waitFor()
  await tab.close()

  const plain = await stage.visit({ language: 'en', scripts: false }, [/^failed: .*\.js csp$/])
  await plain.context.addCookies(await visit.context.cookies())
  await plain.page.goto(`/shows/${own.showId}/line`)
  await plain.page.waitForURL(/\/line\/plain$/)
  await plain.page.getByRole('heading', { name: '2 people are ahead of you' }).waitFor()
  assert.match(await plain.page.content(), /http-equiv="refresh" content="10"/)
  await visit.context.addCookies(await plain.context.cookies())
  await plain.close()

  await stage.api.queue.control({ showId: own.showId, by: stage.operatorId, cap: 300 })
  await page.mouse.move(5, 5)
  await page.waitForURL(/\/seats$/)
  await page.locator('canvas').waitFor()
  const second = await stage.visit({ width: 390 }, [/^409 POST .*\/queue\/pass$/])
  await comeTo(second.page, `/shows/${own.showId}/line#join`, waiter)
  await second.page.getByRole('heading', { name: '안에 들어와 있어요' }).waitFor()
  await second.page.locator('#line .button.primary').click()
  await second.page.getByRole('heading', { name: '다른 기기에서 이어서 보고 있어요' }).waitFor()
  await second.page.getByRole('button', { name: '여기로 옮기기' }).click()
  await second.page.waitForURL(/\/seats$/)
  await second.close()
  await visit.close()
})
