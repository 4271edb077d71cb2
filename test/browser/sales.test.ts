import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { buy as buyAs } from './sales.ts'
import { assertSound, chromiumMissing, comeTo, type Fan, openStage, questionsOf, type Stage } from './stage.ts'

const skip = chromiumMissing
let stage: Stage
let organiser: Fan
before(async () => {
  if (skip) return
  stage = await openStage()
  organiser = await stage.fan({ role: 'organiser', name: '이주최', balance: 0 })
})
after(() => stage?.close())

const sound = (page: Page, name: string) => assertSound(stage, page, name)

const buy = async ({ userId }: Fan, showId: string, seatIds: number[]) => (await buyAs(stage, { showId, userId }, seatIds)).reservationId

const tile = (page: Page, name: string) => page.locator('.tiles > div', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('b')
const won = (n: number, ko: boolean) => (ko ? `${n.toLocaleString('en-GB')}원` : `₩${n.toLocaleString('en-GB')}`)

for (const look of [{ language: 'ko', width: 1_440 }, { language: 'en', width: 390, dark: true }] as const)
  test(`during a sale the page shows what is stored; a seat is refunded by clicks, the figures move, and the fan is told why, ${look.language} at ${look.width} px`, { skip }, async () => {
    const ko = look.language === 'ko'
    const [show, first, second] = [await stage.show({ title: `판매의 밤 ${look.language}`, by: organiser.userId }), await stage.fan({ name: '김하나' }), await stage.fan()]
    const reservationId = await buy(first, show.showId, [1, 2])
    await stage.api.seat.block({ showId: show.showId, seatIds: [11, 12], reason: '초대석', by: organiser.userId })
    const visit = await stage.visit(look)
    const { page } = visit
    await comeTo(page, `/organiser/shows/${show.showId}/sales`, organiser)
    const names = ko ? { sold: '판매', held: '결제 전', net: '남은 금액', refunds: '환불', buyers: '구매자' } : { sold: 'Sold', held: 'Not paid yet', net: 'Kept', refunds: 'Refunds', buyers: 'Buyers' }
    await tile(page, names.sold).getByText('2', { exact: true }).waitFor()
    await page.locator('.sentence', { hasText: ko ? '134석 중 2석 판매' : '2 of 134 seats sold' }).waitFor()
    await page.locator('canvas.small-hall').waitFor()
    await page.locator('.blocked', { hasText: '초대석' }).waitFor()
    await sound(page, 'open')
    const tableWiderBy = await page.evaluate<number>("(table => table.scrollWidth - table.clientWidth)(document.querySelector('.grade-table'))")
    assert.ok(tableWiderBy <= 0, `the grades scroll sideways by ${tableWiderBy} px`)
    await page.locator('summary').click()
    await sound(page, 'open, with the table')
    // it moves by itself
    await buy(second, show.showId, [49, 50])
    await tile(page, names.sold).getByText('4', { exact: true }).waitFor()
    const stored = await stage.api.reservation.figures({ showId: show.showId })
    const paid = stored.prices.reduce((sum, { gross, fees }) => sum + gross + fees, 0)
    // seats and money are read of two services: one may be of a moment later
    await tile(page, names.net).getByText(won(paid, ko), { exact: true }).waitFor()
    await tile(page, names.buyers).getByText(String(stored.buyers), { exact: true }).waitFor()
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: ko ? 'CSV 받기' : 'Get CSV' }).click()])
    assert.match(file.suggestedFilename(), /^openrun-\d{4}-\d\d-\d\d\.csv$/)
    const { number } = await stage.api.reservation.get({ reservationId, userId: first.userId })
    const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n')
    assert.deepEqual([lines.length, lines.filter((line) => line.startsWith(number)).length], [5, 2])

    await page.getByRole('link', { name: ko ? '구매자 찾기' : 'Find a buyer' }).click()
    await page.locator('input[name=query]').waitFor()
    await sound(page, 'before a search')
    await page.locator('input[name=query]').fill(number.toLowerCase())
    await page.locator('.find-buyer button').click()
    await page.locator('.buyer', { hasText: '김***' }).waitFor()
    assert.doesNotMatch(await page.locator('main').innerText(), /김하나|fan\d+@/)
    await sound(page, 'found')
    await page.locator('.lines input[type=checkbox]').first().check()
    await page.locator('.reservation .button.stop').click()
    await page.locator('.reservation .problem').waitFor()
    await sound(page, 'a reason is missing')
    await page.locator('.reservation input:not([type=checkbox])').fill('무대 변경 <b>')
    await page.locator('.reservation .button.stop').click()
    await page.locator('dialog').waitFor()
    await sound(page, 'asked')
    await page.locator('dialog .button.stop').click()
    await page.locator('.fan-view').getByText(ko ? '156,000원을 돌려드렸어요' : '₩156,000 is back').waitFor()
    await page.locator('.steps li', { hasText: ko ? '좌석이 환불됐어요' : 'Seats were refunded' }).getByText('무대 변경 <b>').waitFor()
    await sound(page, 'refunded')
    const after = await stage.api.reservation.get({ reservationId, userId: first.userId })
    assert.deepEqual(after.lines.map(({ seatId, status }) => [seatId, status]), [[1, 'cancelled'], [2, 'active']])

    await page.getByRole('link', { name: ko ? '판매 보기' : 'See the sales' }).click()
    await tile(page, names.sold).getByText('3', { exact: true }).waitFor()
    await tile(page, names.refunds).getByText(won(156_000, ko), { exact: true }).waitFor()
    await tile(page, names.net).getByText(won(paid - 156_000, ko), { exact: true }).waitFor()
    await page.locator('.refunds li', { hasText: '무대 변경' }).getByText(ko ? '돌려줬어요' : 'Money is back').waitFor()
    await sound(page, 'with a refund')
    await page.locator('.refunds a').click()
    await page.locator('.buyer', { hasText: '김***' }).waitFor()
    assert.ok(page.url().endsWith(`?query=${number}`))
    await visit.close()
  })

test('a buyer is found by the whole address, which stands in no address of ours; a note is written and stays; an appeal is answered by an operator only', { skip }, async () => {
  const [show, fan] = [await stage.show({ title: '메모의 밤', by: organiser.userId }), await stage.fan()]
  await buy(fan, show.showId, [3])
  await stage.api.queue.appeal({ id: randomUUID(), showId: show.showId, userId: fan.userId, sender: null, text: '줄이 너무 느렸어요' })
  const visit = await stage.visit({ width: 390 })
  const { page } = visit
  await comeTo(page, `/organiser/shows/${show.showId}/buyers`, organiser)
  const search = async (query: string) => {
    await page.locator('input[name=query]').fill(query)
    await page.locator('.find-buyer button').click()
  }
  await search('ab')
  await page.locator('.problem').waitFor()
  await sound(page, 'too short')
  await search('nobody@test.example')
  await page.getByText('이 회차에서 그런 구매자를 찾지 못했어요').waitFor()
  await sound(page, 'nobody')
  await search(fan.email.toUpperCase())
  await page.locator('.buyer').waitFor()
  assert.ok(!page.url().includes('@'))
  await page.getByText('운영자가 아직 답하지 않았어요.').waitFor()
  assert.equal(await page.locator('textarea[name=answer]').count(), 0)
  await page.locator('textarea[name=note]').fill('전화로 좌석을 물어봄\n다시 전화하기로 함')
  // neither a link nor another search takes it away unasked
  const asked = questionsOf(page)
  await page.locator('a.quiet', { hasText: '판매 보기' }).click()
  await search(fan.email)
  assert.deepEqual([asked.length, await page.locator('textarea[name=note]').inputValue()], [2, '전화로 좌석을 물어봄\n다시 전화하기로 함'])
  await page.getByRole('button', { name: '메모 남기기' }).click()
  await page.locator('.note-list li', { hasText: '다시 전화하기로 함' }).getByText(/이주최/).waitFor()
  await sound(page, 'with a note')
  await page.locator('a.quiet', { hasText: '판매 보기' }).click()
  await page.locator('.tiles').waitFor()
  assert.equal(asked.length, 2)
  await visit.close()

  const operator = await stage.visit({ language: 'en', dark: true })
  await comeTo(operator.page, `/organiser/shows/${show.showId}/buyers`, { userId: stage.operatorId, email: 'operator@test.example', name: '당직' })
  await operator.page.locator('input[name=query]').fill(fan.email)
  await operator.page.locator('.find-buyer button').click()
  await operator.page.locator('textarea[name=answer]').fill('You were right.')
  await sound(operator.page, 'an appeal to answer')
  await operator.page.getByRole('button', { name: 'Send the answer' }).click()
  await operator.page.getByText('Upheld').waitFor()
  await operator.page.getByText('You were right.').waitFor()
  assert.equal((await stage.api.queue.appeals({ showId: show.showId, userId: fan.userId })).appeals[0]?.outcome, 'upheld')
  await operator.close()
})

test('before the sale, without publishing, after it and after it was cancelled the page says so', { skip }, async () => {
  const by = { userId: organiser.userId, role: 'operator' as const }
  const visit = await stage.visit({ width: 390, language: 'en' })
  const { page } = visit
  const see = async (showId: string, said: RegExp) => {
    await page.goto(`/organiser/shows/${showId}/sales`)
    await page.locator('.sentence', { hasText: said }).waitFor()
    await sound(page, String(said))
  }
  await comeTo(page, '/account', organiser)
  await page.locator('section.card').waitFor()
  const soon = await stage.show({ title: 'Soon', opensInMs: 600_000, by: organiser.userId })
  await see(soon.showId, /^Opens in \d+:\d\d · ₩17,248,000 if sold out$/)
  const later = await stage.show({ title: 'Later', opensInMs: 48 * 3_600_000, by: organiser.userId })
  await see(later.showId, /^Opens \w{3},? \d/)
  const now = Date.now()
  const draft = await stage.api.concert.createShow({ by, concertId: soon.concertId, startsAt: now + 9e9, endsAt: now + 9.1e9, timeZone: 'Asia/Seoul', plan: { sections: [{ name: 'A', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 5 }] }] }, prices: [{ grade: 'R', price: 10_000 }] })
  await see(draft.id, /^Not published yet · ₩50,000 if sold out$/)
  const over = await stage.show({ title: 'Over', by: organiser.userId })
  await buy(await stage.fan(), over.showId, [1])
  await stage.api.concert.setWindows({ by, showId: over.showId, windows: [{ name: '일반예매', opensAt: now - 60_000, closesAt: now - 1_000, audience: 'everyone', sections: null }] })
  await see(over.showId, /^The sale is over · 1 of 136 seats sold \(1%\)$/)
  const cancelled = await stage.show({ title: 'Gone', by: organiser.userId })
  await buy(await stage.fan(), cancelled.showId, [1, 2])
  await stage.api.concert.cancelShow({ by, showId: cancelled.showId, reason: 'rain' })
  await see(cancelled.showId, /^This show is cancelled · ₩312,000 refunded$/)
  await page.locator('.pairs', { hasText: 'Show cancelled' }).waitFor()
  await visit.close()
})

test('a fan and another organiser see nothing; figures that cannot be had any more say how old they are', { skip }, async () => {
  const show = await stage.show({ title: '비밀 판매', by: organiser.userId })
  const fan = await stage.visit({ language: 'en' }, [/^403 GET .*\/(sales|buyers)$/])
  await comeTo(fan.page, `/organiser/shows/${show.showId}/sales`, await stage.fan())
  await fan.page.getByText('Only organisers can see this.').waitFor()
  await sound(fan.page, 'a fan')
  await fan.page.goto(`/organiser/shows/${show.showId}/buyers?query=ZZZZZZZZ`)
  await fan.page.getByText('Only organisers can see this.').waitFor()
  await fan.close()
  const foreign = await stage.visit({ language: 'en' }, [/^404 GET .*\/(sales|buyers)$/])
  await comeTo(foreign.page, `/organiser/shows/${show.showId}/sales`, await stage.fan({ role: 'organiser', name: 'Other' }))
  await foreign.page.getByText('There is no such show.').waitFor()
  assert.equal(await foreign.page.locator('.tiles').count(), 0)
  await foreign.close()

  const visit = await stage.visit({ language: 'en' }, [/^failed: .*\/sales /])
  await comeTo(visit.page, `/organiser/shows/${show.showId}/sales`, organiser)
  await visit.page.locator('.tiles').waitFor()
  await visit.page.route('**/sales', (route) => route.abort('connectionfailed'))
  await visit.page.getByText('The connection is gone').waitFor()
  await visit.page.getByText(/^This is \d+ s old\. We are reconnecting\.$/).waitFor()
  assert.ok(await visit.page.locator('.tiles').isVisible())
  await sound(visit.page, 'without a connection')
  await visit.page.unroute('**/sales')
  await visit.page.getByText('as of now').waitFor()
  await visit.close()
})
