import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { ko } from '../../web/hall-editor/words-ko.ts'
import { by, hour } from './organiser.ts'
import { comeTo, type Fan, type Stage, violationsOf } from './stage.ts'

/** A draft of this organiser's, without a plan. */
export async function draftShow(stage: Stage, who: Fan, title: string) {
  const { id: concertId } = await stage.api.concert.createConcert({ by: by(who), title, venue: '올림픽홀' })
  const startsAt = Date.now() + 1_000 * hour
  return (await stage.api.concert.createShow({ by: by(who), concertId, startsAt, endsAt: startsAt + 2 * hour, timeZone: 'Asia/Seoul' })).id
}

export const planOf = async (stage: Stage, who: Fan, showId: string) => (await stage.api.concert.plan({ by: by(who), showId })).plan

export async function openEditor(stage: Stage, who: Fan, showId: string, look: Parameters<Stage['visit']>[0], allowed: RegExp[] = []) {
  const visit = await stage.visit(look, allowed)
  await comeTo(visit.page, `/organiser/shows/${showId}/hall`, who)
  await visit.page.locator('.benches').waitFor()
  return visit
}

export async function assertNoViolation(stage: Stage, page: Page, what: string) {
  assert.deepEqual(await violationsOf(stage, page), [], what)
}

/** Where a point of the hall is on the canvas. */
export async function onCanvas(page: Page, x: number, y: number) {
  const [scale = 1, left = 0, top = 0] = ((await page.locator('canvas').getAttribute('data-camera')) ?? '').split(' ').map(Number)
  return { x: x * scale + left, y: y * scale + top, scale }
}

export async function save(page: Page, words = ko) {
  await page.getByRole('button', { name: words.acts.save }).click()
  await page.getByText(words.state.done).waitFor()
}
