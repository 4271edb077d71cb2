import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Plan } from '../../src/concert/api.ts'
import { csvOf } from '../../src/concert/plan-text.ts'
import { totalsOf } from '../../src/concert/plan-rules.ts'
import { blockedIn, seatsOf, shapesOf } from '../../src/seat/plan-seats.ts'
import type { Hall } from '../../web/hall/plan.ts'
import { draftOf, hallOf } from '../../web/hall-editor/model.ts'
import { starts } from '../../web/hall-editor/starts.ts'
import { en } from '../../web/hall-editor/words-en.ts'
import { ko } from '../../web/hall-editor/words-ko.ts'
import { cameraOther, chromiumMissing, type Fan, openStage, type Stage, signIn, type Visit, violationsOf } from './stage.ts'

const skip = chromiumMissing
let stage: Stage
before(async () => {
  if (!skip) stage = await openStage()
})
after(() => stage?.close())

const hour = 3_600_000
const by = ({ userId }: Fan) => ({ userId, role: 'organiser' as const })
const operator = () => ({ userId: stage.operatorId, email: 'operator@test.example', name: '' })

/** A draft of this organiser's, without a plan. */
async function draftShow(who: Fan, title: string) {
  const { id: concertId } = await stage.api.concert.createConcert({ by: by(who), title, venue: '올림픽홀' })
  const startsAt = Date.now() + 1_000 * hour
  return (await stage.api.concert.createShow({ by: by(who), concertId, startsAt, endsAt: startsAt + 2 * hour, timeZone: 'Asia/Seoul' })).id
}
const planOf = async (who: Fan, showId: string) => (await stage.api.concert.plan({ by: by(who), showId })).plan
async function openEditor(who: Fan, showId: string, look: Parameters<Stage['visit']>[0], allowed: RegExp[] = []) {
  const visit = await stage.visit(look, allowed)
  await visit.page.goto(`/sign-in?back=${encodeURIComponent(`/organiser/shows/${showId}/hall`)}`)
  await signIn(visit.page, who)
  await visit.page.locator('.benches').waitFor()
  return visit
}
async function sound(page: Page, what: string) {
  assert.deepEqual(await violationsOf(stage, page), [], what)
}
async function save(page: Page, words = ko) {
  await page.getByRole('button', { name: words.acts.save }).click()
  await page.getByText(words.state.done).waitFor()
}
/** Where a point of the hall is on the canvas. */
async function onCanvas(page: Page, x: number, y: number) {
  const [scale = 1, left = 0, top = 0] = ((await page.locator('canvas').getAttribute('data-camera')) ?? '').split(' ').map(Number)
  return { x: x * scale + left, y: y * scale + top, scale }
}
const middleOf = (hall: Hall, name: string) => {
  const { around: { x, y, w, h } } = hall.sections.find((section) => section.name === name) ?? hall.sections[0] ?? { around: { x: 0, y: 0, w: 0, h: 0 } }
  return [x + w / 2, y + h / 2] as const
}

test('an organiser makes a hall by clicks, drags a section, sets prices, blocks two seats, saves; a CSV goes out, comes back changed and is what the API has', { skip }, async () => {
  const who = await stage.organiser()
  const showId = await draftShow(who, '한여름밤의 록')
  const visit = await openEditor(who, showId, {})
  const { page } = visit
  await sound(page, 'an empty show')
  await page.getByRole('button', { name: ko.empty.names.theatre }).click()
  await page.waitForFunction(cameraOther, undefined)
  await sound(page, 'a theatre to begin with')

  const stalls = page.getByRole('list', { name: ko.sections.title }).getByRole('button', { name: '1층' }).first()
  await stalls.click()
  const across = page.getByLabel(ko.fields.x, { exact: true })
  assert.equal(await across.inputValue(), '0')
  const start = starts.theatre(ko.empty.parts)
  const hall = hallOf(draftOf(start, []))
  const canvas = page.locator('canvas')
  const box = await canvas.boundingBox()
  assert.ok(box)
  const from = await onCanvas(page, ...middleOf(hall, '2층'))
  await page.mouse.move(box.x + from.x, box.y + from.y)
  await page.mouse.down()
  await page.mouse.move(box.x + from.x + 3 * from.scale, box.y + from.y + 4 * from.scale, { steps: 4 })
  await page.mouse.up()
  assert.deepEqual([await across.inputValue(), await page.getByLabel(ko.fields.y).inputValue()], ['3', '31'])
  await page.getByRole('button', { name: ko.acts.undo }).click()
  await page.getByRole('button', { name: ko.acts.redo }).click()
  assert.equal(await page.getByLabel(ko.fields.y).inputValue(), '31')

  await stalls.click()
  await page.getByLabel(ko.fields.rows, { exact: true }).fill('10')
  await page.getByLabel(ko.fields.curve).first().fill('30')
  for (const [grade, price] of [['VIP', '154000'], ['R', '132,000'], ['S', '99000'], ['A', '77000']]) await page.locator(`input[name="price of ${grade}"]`).fill(price ?? '')
  await page.getByLabel(ko.seats.text).fill('1-3..4')
  await page.getByLabel(ko.seats.reason).fill('초대석')
  await page.getByRole('button', { name: ko.seats.block }).click()
  await page.locator('.block-list').getByText('1층/1-3..4').waitFor()
  await page.getByText(ko.findings.fine).waitFor()
  await sound(page, 'before it is saved')
  await save(page)
  await sound(page, 'saved')

  const stored = await planOf(who, showId)
  assert.ok(stored)
  const wanted: Plan = structuredClone(start)
  const [first, , , balcony] = wanted.sections
  assert.ok(first?.rows && first.shape && balcony?.shape)
  first.rows = first.rows.slice(0, 10)
  Object.assign(first.rows[0] ?? {}, { blocked: [3, 4], blockedReason: '초대석' })
  first.shape.curve = 30
  Object.assign(balcony.shape, { x: 3, y: 31 })
  assert.deepEqual(stored, wanted)
  const prices = (await stage.api.concert.showDetail({ showId, viewer: by(who) })).prices
  assert.deepEqual(prices.map(({ grade, price }) => [grade, price]), [['VIP', 154_000], ['R', 132_000], ['S', 99_000], ['A', 77_000]])
  await page.reload()
  await page.locator('.block-list').getByText('1층/1-3..4').waitFor()
  await page.getByText(ko.state.saved).waitFor()

  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: ko.files.csv }).click()
  const csv = await readFile(await (await downloading).path(), 'utf8')
  assert.equal(csv, `\uFEFF${csvOf(stored)}`)
  const picker = page.locator('input[type=file]')
  await picker.setInputFiles({ name: '망가진.csv', mimeType: 'text/csv', buffer: Buffer.from(`${csv}X,seated,1`) })
  await page.getByText(/번째 줄: 3 columns instead of 5/).waitFor()
  await sound(page, 'a file with a bad line')
  await picker.setInputFiles({ name: 'hall.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify({ sections: [{ ...start.sections[0], colour: 'red' }] })) })
  await page.getByText('sections[0].colour').waitFor()
  await picker.setInputFiles({ name: '2층.csv', mimeType: 'text/csv', buffer: Buffer.from(csv.replace('2층,seated,6,34,A', '2층,seated,6,30,A')) })
  await page.getByText(ko.files.opened('2층.csv')).waitFor()
  await save(page)
  Object.assign(balcony.rows?.[5] ?? {}, { seats: 30 })
  const last = await planOf(who, showId)
  assert.ok(last)
  assert.deepEqual([seatsOf(last), blockedIn(last), shapesOf(last)], [seatsOf(wanted), blockedIn(wanted), shapesOf(wanted)])
  await visit.close()
})

/** Presses Tab until what has the focus is called this. */
async function tabTo(page: Page, name: string) {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press('Tab')
    const called = await page.evaluate(`(() => {
      const at = document.activeElement
      const label = at.labels?.[0]?.textContent ?? ''
      return at.getAttribute('aria-label') ?? (label || at.textContent || '')
    })()`)
    if (String(called).trim() === name) return
  }
  assert.fail(`Tab never comes to ${name}`)
}
async function typeOver(page: Page, text: string) {
  await page.keyboard.press('Control+A')
  await page.keyboard.type(text)
}

test('the same without a mouse: a section and a standing floor, moved by arrows, taken back, priced, marked and saved', { skip }, async () => {
  const who = await stage.organiser()
  const showId = await draftShow(who, 'Keyboard hall')
  const visit = await openEditor(who, showId, { language: 'en' })
  const { page } = visit
  await tabTo(page, en.empty.blank)
  await page.keyboard.press('Enter')
  await page.waitForFunction(cameraOther, undefined)
  await tabTo(page, en.sections.standing)
  await page.keyboard.press('Enter')
  await tabTo(page, en.grades.name)
  await typeOver(page, 'SR')
  await tabTo(page, en.grades.price)
  await typeOver(page, '88000')
  await tabTo(page, en.map)
  for (const key of ['ArrowRight', 'Shift+ArrowDown', 'ArrowUp', 'ArrowLeft', 'Control+z']) await page.keyboard.press(key)
  await page.keyboard.press('ArrowRight')
  await tabTo(page, en.fields.capacity)
  await typeOver(page, '350')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  await typeOver(page, 'Pit')
  await page.locator('.section-list button').first().focus()
  await page.keyboard.press('Enter')
  await tabTo(page, en.fields.rowSeats)
  await typeOver(page, '12')
  await tabTo(page, en.fields.firstRow)
  await typeOver(page, 'F')
  await page.keyboard.press('Enter')
  await tabTo(page, en.seats.text)
  await page.keyboard.type('G-1, G-12')
  await tabTo(page, en.seats.marks.accessible)
  await page.keyboard.press('Enter')
  await sound(page, 'made by keys')
  await tabTo(page, en.acts.save)
  await page.keyboard.press('Enter')
  await page.getByText(en.state.done).waitFor()

  const plan = await planOf(who, showId)
  assert.ok(plan)
  const [seats, floor] = plan.sections
  assert.deepEqual(totalsOf(plan), [{ grade: 'SR', total: 96 + 350 }])
  assert.deepEqual([seats?.name, seats?.rows?.map(({ name }) => name).join(''), seats?.rows?.[1]], ['A', 'FGHIJKLM', { name: 'G', seats: 12, accessible: [1, 12] }])
  assert.deepEqual([floor?.name, floor?.capacity, floor?.kind], ['Pit', 350, 'standing'])
  // one to the right; the four moves before it were one step, and taken back
  assert.equal(floor?.shape?.x, 1)
  assert.deepEqual((await stage.api.concert.showDetail({ showId, viewer: by(who) })).prices, [{ grade: 'SR', price: 88_000 }])
  await visit.close()
})

test('on a phone the list and the fields are enough, in the dark too', { skip }, async () => {
  const who = await stage.organiser()
  const showId = await draftShow(who, '손안의 객석')
  const visit = await openEditor(who, showId, { width: 390, dark: true })
  const { page } = visit
  await page.getByRole('button', { name: ko.empty.names.arena }).tap()
  await page.getByRole('list', { name: ko.sections.title }).getByRole('button', { name: '스탠딩 A' }).tap()
  await page.getByLabel(ko.fields.capacity).fill('450')
  await page.getByLabel(ko.fields.name, { exact: true }).fill('스탠딩 B')
  await page.getByText(ko.findings.contradiction.section_twice('스탠딩 B')).waitFor()
  assert.ok(await page.getByRole('button', { name: ko.acts.save }).isDisabled(), 'two sections of one name are not saved')
  await sound(page, 'a hall that contradicts itself')
  await page.getByLabel(ko.fields.name, { exact: true }).fill('앞쪽')
  const wide = await page.evaluate('document.documentElement.scrollWidth <= innerWidth')
  assert.ok(wide, 'nothing sticks out sideways')
  await save(page)
  assert.deepEqual((await planOf(who, showId))?.sections[0], { ...starts.arena(ko.empty.parts).sections[0], name: '앞쪽', capacity: 450 })
  await visit.close()
})

test('what somebody else saved is not written over unasked; without a connection the changes stay; a reload of the tab keeps them', { skip }, async () => {
  const who = await stage.organiser()
  const showId = await draftShow(who, '두 사람')
  const visit = await openEditor(who, showId, { language: 'en' }, [/^failed: /, /ERR_INTERNET_DISCONNECTED/])
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
  assert.deepEqual(await planOf(who, showId), theirs)
  await page.getByRole('button', { name: en.state.mine }).click()
  await page.getByText(en.state.done).waitFor()
  assert.deepEqual(await planOf(who, showId), starts.rows(en.empty.parts))

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
  const showId = await draftShow(who, '먼저 공개')
  const mine = { by: by(who), showId }
  await stage.api.concert.setPlan({ ...mine, plan: starts.rows(ko.empty.parts) })
  await stage.api.concert.setPrices({ ...mine, prices: [{ grade: 'R', price: 90_000 }, { grade: 'S', price: 60_000 }] })
  await stage.api.concert.setWindows({ ...mine, windows: [{ name: '일반예매', opensAt: Date.now() + hour, closesAt: Date.now() + 100 * hour, audience: 'everyone', sections: null }] })
  const visit = await openEditor(who, showId, {}, [/^409 PUT .*\/plan$/, /^503 GET .*\/(seats|blocks)/])
  const { page } = visit
  await page.locator('.section-list button').first().click()
  await page.getByLabel(ko.fields.rows, { exact: true }).fill('20')
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
  const visit = await openEditor(operator(), show.showId, {})
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
  const showId = await draftShow(await stage.organiser(), '남의 공연')
  const visit = await stage.visit({ language: 'en' }, [/^40[34] GET /])
  await visit.page.goto(`/sign-in?back=${encodeURIComponent(`/organiser/shows/${showId}/hall`)}`)
  await signIn(visit.page, fan)
  await visit.page.getByText(en.forOrganisers).waitFor()
  await sound(visit.page, 'no organiser')
  await visit.close()
})
