import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Hall } from '../../web/hall/plan.ts'
import { draftOf, hallOf } from '../../web/hall-editor/model.ts'
import { starts } from '../../web/hall-editor/starts.ts'
import { en } from '../../web/hall-editor/words-en.ts'
import { ko } from '../../web/hall-editor/words-ko.ts'
import { assertNoViolation, draftShow, onCanvas, openEditor, planOf } from './hall-editor.ts'
import { by, hour } from './organiser.ts'
import { cameraOther, chromiumMissing, comeTo, openStage, type Stage, type Visit } from './stage.ts'

const skip = chromiumMissing
let stage: Stage
before(async () => {
  if (!skip) stage = await openStage()
})
after(() => stage?.close())

const sound = (page: Page, what: string) => assertNoViolation(stage, page, what)
const operator = () => ({ userId: stage.operatorId, email: 'operator@test.example', name: '' })

test('what somebody else saved is not written over unasked; without a connection the changes stay; a reload of the tab keeps them', { skip }, async () => {
  const who = await stage.organiser()
  const showId = await draftShow(stage, who, '두 사람')
  const visit = await openEditor(stage, who, showId, { language: 'en' }, [/^failed: /, /ERR_INTERNET_DISCONNECTED/])
  const { page } = visit
  await page.getByRole('button', { name: en.empty.names.rows }).click()
  await visit.context.setOffline(true)
  await page.getByText(en.state.offline).waitFor()
  await page.getByRole('button', { name: en.acts.save }).click()
  await page.getByText(en.state.unsaved, { exact: true }).waitFor()
  await sound(page, 'without a connection')
  await visit.context.setOffline(false)
  const theirs = starts.arena(en.empty.parts)
  await stage.api.concert.setPlan({ by: by(who), showId, plan: theirs })
  await page.getByRole('button', { name: en.acts.save }).click()
  await page.getByText(en.state.movedBody).waitFor()
  await sound(page, 'somebody else was faster')
  assert.deepEqual(await planOf(stage, who, showId), theirs)
  await page.getByRole('button', { name: en.state.mine }).click()
  await page.getByText(en.state.done).waitFor()
  assert.deepEqual(await planOf(stage, who, showId), starts.rows(en.empty.parts))

  await page.locator('.section-list button').first().click()
  await page.getByLabel(en.fields.rows, { exact: true }).fill('9')
  page.on('dialog', (dialog) => void dialog.accept())
  await page.reload()
  await page.getByText(en.state.kept).waitFor()
  assert.equal(await page.locator('[data-total]').textContent(), '180 seats')
  await page.getByRole('button', { name: en.state.discard }).click()
  await sound(page, 'discarding is asked for')
  await page.getByRole('dialog').getByRole('button', { name: en.state.discard }).click()
  await page.getByText('300 seats', { exact: true }).first().waitFor()
  await visit.close()
})

test('a show that is published while its hall is edited refuses the change, and then shows what is sold', { skip }, async () => {
  const who = await stage.organiser()
  const showId = await draftShow(stage, who, '먼저 공개')
  const mine = { by: by(who), showId }
  await stage.api.concert.setPlan({ ...mine, plan: starts.rows(ko.empty.parts) })
  await stage.api.concert.setPrices({ ...mine, prices: [{ grade: 'R', price: 90_000 }, { grade: 'S', price: 60_000 }] })
  await stage.api.concert.setWindows({ ...mine, windows: [{ name: '일반예매', opensAt: Date.now() + hour, closesAt: Date.now() + 100 * hour, audience: 'everyone', sections: null }] })
  const visit = await openEditor(stage, who, showId, {}, [/^409 PUT .*\/plan$/, /^503 GET .*\/(seats|blocks)/])
  const { page } = visit
  await page.locator('.section-list button').first().click()
  await page.getByLabel(ko.fields.rows, { exact: true }).fill('20')
  // out of sight a page does not ask by itself: it is to hear of it by the refusal
  await page.evaluate("Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })")
  await stage.api.concert.publish(mine)
  await stage.settle()
  await page.getByRole('button', { name: ko.acts.save }).click()
  await page.locator('.notice.bad').getByRole('button').click()
  await page.getByText(ko.live.title).waitFor()
  assert.equal(await page.locator('[data-total]').textContent(), '300석')
  await sound(page, 'published meanwhile')
  await visit.close()
})

test('a published hall is fixed and says why; its seats are blocked and put back on the map, with the reason', { skip }, async () => {
  const show = await stage.show()
  const visit = await openEditor(stage, operator(), show.showId, {})
  const { page } = visit
  await page.getByText(ko.live.title).waitFor()
  await page.waitForFunction(cameraOther, undefined)
  await page.locator('.section-list button').first().click()
  assert.ok(await page.getByLabel(ko.fields.rows, { exact: true }).isDisabled())
  await sound(page, 'a published show')
  for (let i = 0; i < 4; i++) await page.locator('.zoom button').first().click()
  const near = await page.locator('canvas').getAttribute('data-camera')
  await page.locator('.section-list button').last().click()
  await page.waitForFunction(cameraOther, near ?? undefined)
  await page.locator('.zoom button').last().click()
  await page.locator('.section-list button').first().click()
  await page.getByRole('button', { name: ko.modes.seats, exact: true }).click()
  const map = await stage.api.seat.map({ showId: show.showId })
  const plan = (await stage.api.concert.plan({ by: { userId: stage.operatorId, role: 'operator' }, showId: show.showId })).plan
  const hall = hallOf(draftOf(plan, []))
  for (const i of [2, 3]) await pick(visit, hall, i)
  assert.equal(await page.getByLabel(ko.seats.text).inputValue(), 'A/1-3..4')
  await page.getByRole('button', { name: ko.seats.block }).click()
  await page.getByText(ko.seats.reasonNeeded).waitFor()
  await page.getByLabel(ko.seats.reason).fill('카메라')
  await page.getByRole('button', { name: ko.seats.block }).click()
  await page.locator('.block-list').getByText('A/1-3..4').waitFor()
  assert.deepEqual((await stage.api.seat.blocks({ showId: show.showId })).blocks, [3, 4].map((seatId) => ({ seatId, reason: '카메라' })))
  await page.getByRole('button', { name: ko.seats.unblock }).click()
  await page.getByText(ko.seats.noneBlocked).waitFor()
  assert.equal((await stage.api.seat.map({ showId: show.showId })).states, map.states)
  await visit.close()
})

/** Clicks a seat; from afar the first click comes nearer. */
async function pick({ page }: Visit, hall: Hall, index: number) {
  for (let tries = 0; tries < 3; tries++) {
    const seen = await page.locator('canvas').getAttribute('data-camera')
    const { x, y, scale } = await onCanvas(page, hall.xs[index] ?? 0, hall.ys[index] ?? 0)
    await page.locator('canvas').click({ position: { x, y } })
    if (scale >= 9) return
    await page.waitForFunction(cameraOther, seen ?? undefined)
  }
}

test('who is no organiser is told so, and sees no hall', { skip }, async () => {
  const fan = await stage.fan()
  const showId = await draftShow(stage, await stage.organiser(), '남의 공연')
  const visit = await stage.visit({ language: 'en' }, [/^40[34] GET /])
  await comeTo(visit.page, `/organiser/shows/${showId}/hall`, fan)
  await visit.page.getByText(en.forOrganisers).waitFor()
  await sound(visit.page, 'no organiser')
  await visit.close()
})
