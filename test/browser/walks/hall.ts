import { randomUUID } from 'node:crypto'
import { decodeStates, free } from '../../../web/hall/states.ts'
import { availability, buy, reserve, take } from '../sales.ts'
import type { Scene, Shot } from '../scene.ts'
import { hallOf, pickSeat } from '../stage.ts'
import { openTheatre } from './theatre.ts'

const four = { sections: [{ name: 'A', grade: 'VIP', kind: 'seated' as const, rows: [{ name: '1', seats: 4 }] }] }

/** Screens 9 and 10: taking seats, on the map and on the list, and what gets in between. */
export async function* hall({ stage, enter, words }: Scene): AsyncGenerator<Shot> {
  const { showId } = await openTheatre(stage)
  const { hall: said } = words
  const visit = await enter({ allowed: [/^409 POST .*\/(holds|queue\/pass)$/, /^403 POST .*\/holds$/, /ERR_INTERNET_DISCONNECTED/] })
  const { page, context, fan } = visit
  const layout = await hallOf(stage, showId)
  const states = decodeStates((await stage.api.seat.map({ showId })).states, layout.seats.length)
  const sectionB = layout.sections.find(({ name }) => name === 'B') ?? layout.sections[0]
  const row = sectionB?.rows[5]
  const open = Array.from({ length: (row?.last ?? 0) - (row?.first ?? 0) }, (_, i) => (row?.first ?? 0) + i).filter((i) => states[i] === free)
  const [one, two, three, fourth, fifth] = open.slice(Math.max(0, Math.floor(open.length / 2) - 3)) as [number, number, number, number, number]
  if (fifth === undefined) throw new Error('too few free seats in row 6 of section B')

  // the plan is long in coming: what is shown meanwhile
  const late = Promise.withResolvers<void>()
  await page.route(/\/seats(\?.*)?$/, async (route) => {
    if (route.request().resourceType() === 'fetch') await late.promise
    await route.continue()
  })
  await page.goto(`/shows/${showId}/line#join`)
  await page.waitForURL(/\/seats$/)
  await page.locator('.hall .back-link', { hasText: /\S{3}/ }).waitFor()
  await page.locator('.skeleton').waitFor()
  yield { name: 'hall-loading', page }
  late.resolve()
  await page.locator('canvas[data-camera]').waitFor()
  yield { name: 'hall', page }
  for (const seat of [one, two, three]) await pickSeat(visit, layout, seat)
  yield { name: 'hall-chosen', page }
  await pickSeat(visit, layout, fourth)
  await pickFifth(visit, layout, fifth)
  await page.getByText(said.fullBody).waitFor()
  yield { name: 'hall-limit', page }
  await page.locator('.chosen button').nth(3).click()
  await page.locator('.chosen button').nth(2).click()
  const other = await take(stage, { showId }, [one + 1])
  await page.locator('.bar .primary').click()
  await page.locator('.notice.bad').waitFor()
  yield { name: 'hall-lost', page }
  await page.locator('.notice.bad .button').last().click()
  await stage.api.seat.release({ userId: other.userId, holdId: other.hold.id })
  await page.locator('.list-switch').click()
  await page.locator('.section').nth(2).click()
  yield { name: 'hall-list', page }
  await page.locator('.section').first().click()
  await page.getByText(said.standingLead).waitFor()
  yield { name: 'hall-standing', page }

  await context.setOffline(true)
  stage.cutConnections()
  const stale = page.locator('.news .notice')
  await stale.waitFor()
  yield { name: 'hall-stale', page }
  await context.setOffline(false)
  await stale.waitFor({ state: 'detached' })
  await stage.api.queue.pass({ showId, userId: fan.userId, sessionId: randomUUID(), verified: true, takeOver: true })
  await page.evaluate('sessionStorage.clear()')
  await page.locator('.bar .primary').click()
  await page.getByText(said.elsewhere).waitFor()
  yield { name: 'hall-elsewhere', page }

  const full = await stage.show({ title: '작은 밤', plan: four })
  await reserve(stage, { showId: full.showId }, [1, 2])
  await page.goto(`/shows/${full.showId}/line#join`)
  await page.waitForURL(/\/seats$/)
  await page.locator('canvas[data-camera]').waitFor()
  await reserve(stage, { showId: full.showId }, [3, 4])
  await availability(stage, full.showId, 'all_held')
  await page.reload()
  await page.getByText(said.allHeld).first().waitFor()
  yield { name: 'hall-all-held', page }
  const gone = await stage.show({ title: '마지막 한 자리', plan: four })
  await page.goto(`/shows/${gone.showId}/line#join`)
  await page.waitForURL(/\/seats$/)
  await page.locator('canvas[data-camera]').waitFor()
  await buy(stage, { showId: gone.showId }, [1, 2, 3, 4])
  await availability(stage, gone.showId, 'sold_out')
  await page.reload()
  await page.getByText(said.soldOutBody).waitFor()
  yield { name: 'hall-sold-out', page }

  const stranger = await enter({ allowed: [/^404 POST .*\/queue\/pass$/] })
  await stranger.page.goto(`/shows/${showId}/seats?seats=${two + 1},${three + 1}`)
  await stranger.page.locator('.chosen li').nth(1).waitFor()
  await stranger.page.locator('.bar .primary').click()
  await stranger.page.getByText(said.passNeeded).waitFor()
  yield { name: 'hall-no-pass', page: stranger.page }

  const owner = await enter()
  await reserve(stage, { showId, userId: owner.fan.userId }, [three + 1, fourth + 1])
  await owner.page.goto(`/shows/${showId}/seats`)
  await owner.page.getByText(said.yoursBody).waitFor()
  yield { name: 'hall-yours', page: owner.page }
}

/** One more than there may be: nothing is chosen, and it is said why. */
async function pickFifth(visit: Parameters<typeof pickSeat>[0], layout: Parameters<typeof pickSeat>[1], seat: number) {
  const canvas = visit.page.locator('canvas')
  const [scale = 1, x = 0, y = 0] = ((await canvas.getAttribute('data-camera')) ?? '').split(' ').map(Number)
  await canvas.click({ position: { x: (layout.xs[seat] ?? 0) * scale + x, y: (layout.ys[seat] ?? 0) * scale + y } })
}
