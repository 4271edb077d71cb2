import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chromiumMissing, comeTo, hallOf, openStage, pickSeat, signIn, type Stage } from './stage.ts'

const skip = chromiumMissing
let stage: Stage
before(async () => {
  if (!skip) stage = await openStage()
})
after(() => stage?.close())

const looks = [
  { language: 'ko', width: 1_440 }, { language: 'ko', width: 390 }, { language: 'en', width: 1_440 }, { language: 'en', width: 390 },
] as const
const said = {
  ko: { join: '줄 서기', take: /석 맡기/, pay: /결제/, done: '예매했어요', passed: /다음 분께 넘겼어요/, see: '내 예매 보기' },
  en: { join: 'Join the line', take: /Take these/, pay: /Pay/, done: 'It is yours', passed: /went to the next fan/, see: 'See my reservation' },
}

for (const look of looks)
  test(`the whole purchase by clicks, ${look.language} at ${look.width} px: two seats on the map, paid, and kept by the database`, { skip }, async () => {
    const [fan, show] = [await stage.fan(), await stage.show({ title: `록의 밤 ${look.language} ${look.width}` })]
    const hall = await hallOf(stage, show.showId)
    const visit = await stage.visit(look)
    const { page } = visit
    const words = said[look.language]
    await page.goto('/')
    await page.getByRole('link', { name: show.title }).click()
    await page.getByRole('link', { name: words.join }).click()
    await page.locator('#line .button.primary').click()
    await signIn(page, fan)
    await page.waitForURL(/\/seats$/)
    const section = hall.sections.find(({ name }) => name === 'A')
    assert.ok(section)
    await pickSeat(visit, hall, section.first + 5)
    await pickSeat(visit, hall, section.first + 6)
    await page.locator('.bar').getByRole('button', { name: words.take }).click()
    await page.waitForURL(/\/checkout\//)
    const passedOn = page.waitForResponse((response) => response.request().method() === 'DELETE' && response.url().endsWith('/queue/me'))
    await page.locator('.bar').getByRole('button', { name: words.pay }).click()
    await page.getByRole('heading', { level: 1, name: words.done }).waitFor()
    assert.equal((await passedOn).status(), 204)
    const { status, endedReason } = await stage.api.queue.position({ showId: show.showId, userId: fan.userId, sessionId: fan.userId })
    assert.deepEqual([status === 'ending' || status === 'ended', endedReason], [true, 'left'], 'the turn goes to the next fan, though more could be bought')
    await page.getByText(words.passed).waitFor()
    const { reservations } = await stage.api.reservation.list({ userId: fan.userId, limit: 10 })
    assert.deepEqual(reservations.map(({ status, total, lines }) => [status, total, lines.map(({ seatId }) => seatId)]), [['confirmed', 312_000, [section.first + 6, section.first + 7]]])
    assert.equal((await stage.api.wallet.balance({ userId: fan.userId })).balance, 1_000_000 - 312_000)
    await page.getByRole('link', { name: words.see }).click()
    await page.getByText(reservations[0]?.number ?? '').first().waitFor()
    await visit.close()
  })

test('two browsers after one seat: one gets it, the other is shown the nearest on the same map and takes it with one tap', { skip }, async () => {
  const [show, first, second] = [await stage.show({ title: '한 자리' }), await stage.fan(), await stage.fan()]
  const hall = await hallOf(stage, show.showId)
  const wanted = (hall.sections.find(({ name }) => name === 'A')?.first ?? 0) + 3
  const visits = [await stage.visit(), await stage.visit({}, [/^409 POST .*\/holds$/])]
  for (const [visit, fan] of [[visits[0], first], [visits[1], second]] as const) {
    assert.ok(visit)
    await comeTo(visit.page, `/shows/${show.showId}/line#join`, fan)
    await visit.page.waitForURL(/\/seats$/)
    await pickSeat(visit, hall, wanted)
  }
  const [winner, loser] = visits
  assert.ok(winner && loser)
  await winner.page.locator('.bar .primary').click()
  await winner.page.waitForURL(/\/checkout\//)
  await loser.page.locator('.bar .primary').click()
  await loser.page.getByText('A구역 1열 4번은 다른 분이 먼저 선택했어요').waitFor()
  assert.match(loser.page.url(), /\/seats$/)
  await loser.page.getByRole('button', { name: /번으로 바꾸기/ }).click()
  await loser.page.waitForURL(/\/checkout\//)
  const holds = await Promise.all([first, second].map(({ userId }) => stage.api.seat.holdsOf({ userId, showId: show.showId })))
  const [mine, other] = holds.map((each) => each.holds.flatMap(({ seatIds }) => seatIds))
  assert.deepEqual(mine, [wanted + 1])
  assert.ok(other?.length === 1 && [wanted, wanted + 2].includes(other[0] ?? 0), `took ${other}`)
  await Promise.all(visits.map((visit) => visit.close()))
})

test('with the keyboard alone: line, list, checkout with a top-up in place, and every thing pressed was said', { skip }, async () => {
  const [show, fan] = [await stage.show({ title: '건반' }), await stage.fan({ balance: 100_000 })]
  const visit = await stage.visit({ language: 'en' })
  const { page } = visit
  const said: string[] = []
  const press = async (name: RegExp) => {
    for (let steps = 0; steps < 150; steps++) {
      await page.keyboard.press('Tab')
      // past the last stop it is the body, which says everything
      const text = await page.evaluate<string>("(stop => stop === document.body ? '' : stop.getAttribute('aria-label') ?? stop.textContent)(document.activeElement ?? document.body)")
      if (!name.test(text)) continue
      said.push(text)
      return page.keyboard.press('Enter')
    }
    assert.fail(`no Tab stop is called ${name}: ${await page.locator('body').innerText()}`)
  }
  await page.goto(`/concerts/${show.concertId}`)
  await page.getByRole('link', { name: 'Join the line' }).waitFor()
  await press(/Join the line/)
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await press(/^Sign in$/)
  await page.locator('input[name=email]').focus()
  await page.keyboard.type(fan.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type('browser-test-1234')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/seats$/)
  await page.locator('canvas').waitFor()
  await press(/Choose from a list/)
  await press(/Section B/)
  await press(/B, row 2, seat 3, Available/)
  await press(/Take this seat/)
  await page.waitForURL(/\/checkout\//)
  // more time is offered once the page has read the hold
  await page.getByRole('button', { name: /2 more minutes/ }).waitFor()
  await press(/2 more minutes/)
  await page.getByText('Kept for 2 more minutes.').waitFor({ state: 'attached' })
  await press(/Add ₩34,000 and pay/)
  await page.getByRole('heading', { level: 1, name: 'It is yours' }).waitFor()
  assert.equal((await stage.api.wallet.balance({ userId: fan.userId })).balance, 0)
  assert.equal(said.length, 8)
  await visit.close()
})
