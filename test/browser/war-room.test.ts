import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertSound, chromiumMissing, comeTo, type Fan, openStage, signIn, type Stage, violationsOf } from './stage.ts'

const skip = chromiumMissing
let stage: Stage
let operator: Fan
before(async () => {
  if (skip) return
  stage = await openStage()
  operator = { userId: stage.operatorId, email: 'operator@test.example', name: '당직' }
})
after(() => stage?.close())

for (const look of [{ language: 'ko', width: 1_440, dark: true }, { language: 'en', width: 390 }] as const)
  test(`the war room says how the sale stands, pauses it with its consequence and writes down who did it, ${look.language} at ${look.width} px`, { skip }, async () => {
    const [show, fan] = [await stage.show({ title: `당직의 밤 ${look.language}` }), await stage.fan()]
    await stage.api.queue.join({ showId: show.showId, userId: fan.userId, sessionId: fan.userId })
    await stage.api.queue.pass({ showId: show.showId, userId: fan.userId, sessionId: fan.userId, verified: true })
    const ko = look.language === 'ko'
    const visit = await stage.visit(look)
    const { page } = visit
    await comeTo(page, `/concerts/${show.concertId}`, operator)
    await page.getByRole('link', { name: ko ? '상황실' : 'War room' }).click()
    await page.locator('.sentence', { hasText: ko ? '이상 없음' : 'nothing is wrong' }).waitFor()
    assert.equal(await page.locator('.promises .kept').count(), 8)
    await page.locator('.funnel dl > div', { hasText: ko ? '안에 있는 사람' : 'Inside' }).getByText('1 / 300').waitFor()
    await page.locator('.funnel dl > div', { hasText: ko ? '팔린 좌석' : 'Seats sold' }).getByText('0 / 136').waitFor()
    await assertSound(stage, page, 'the war room')

    await page.getByRole('button', { name: ko ? '멈추기' : 'Pause', exact: true }).click()
    await page.getByText(ko ? '시계 1개가 멈춰요: 부른 차례 0, 입장 1, 맡은 좌석 0.' : '1 clock stops (turns 0, passes 1, holds 0).').waitFor()
    assert.deepEqual(await violationsOf(stage, page), [])
    await page.locator('dialog').getByRole('button', { name: ko ? '멈추기' : 'Pause' }).click()
    await page.locator('.sentence', { hasText: ko ? '멈춤' : 'Paused' }).waitFor()
    assert.equal((await stage.api.concert.show({ showId: show.showId })).paused, true)
    await page.getByRole('button', { name: ko ? '다시 열기' : 'Resume' }).click()
    await page.locator('dialog').getByRole('button', { name: ko ? '다시 열기' : 'Resume' }).click()
    await page.locator('.sentence', { hasText: ko ? '이상 없음' : 'nothing is wrong' }).waitFor()

    await page.getByRole('button', { name: ko ? '들이는 수' : 'How many at once' }).click()
    await page.locator('#entry').fill('120')
    await page.locator('dialog').getByRole('button', { name: ko ? '바꾸기' : 'Change' }).click()
    await page.locator('.funnel').getByText('1 / 120').waitFor()
    await page.locator('.acts li', { hasText: 'cap 300 → 120' }).waitFor()
    await visit.close()
  })

test('a broken promise stands in the first line, and a fan sees nothing of the war room', { skip }, async () => {
  const [show, fan] = [await stage.show({ title: '비밀' }), await stage.fan()]
  const visit = await stage.visit({ language: 'en' }, [/^403 GET .*\/live$/])
  const { page } = visit
  await comeTo(page, `/operations/shows/${show.showId}`, fan)
  await page.getByText('Only operators can see this.').waitFor()
  assert.equal(await page.locator('.sentence').count(), 0)
  await visit.close()

  const other = await stage.visit({ language: 'en' })
  await other.page.goto(`/sign-in?back=${encodeURIComponent(`/operations/shows/${show.showId}`)}`)
  // what is stored cannot be broken from here: the finding is planted in the answer
  await other.page.route('**/api/operations/verify', async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, json: { ...(await answer.json()), violations: [{ id: 'I5', name: 'all balances sum to zero', count: 2 }] } })
  })
  await signIn(other.page, operator)
  await other.page.locator('.sentence.wrong', { hasText: '1 broken promise' }).waitFor()
  await other.page.locator('.promises .broken', { hasText: 'The ledger adds up' }).getByText('2 broken').waitFor()
  await other.close()
})
