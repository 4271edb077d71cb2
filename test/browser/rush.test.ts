import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import { createClient } from '../../src/crowd/client.ts'
import type { Crowd } from '../../src/crowd/ask.ts'
import { temperOf, visit as comes } from '../../src/crowd/fan.ts'
import { seeded } from '../../src/crowd/random.ts'
import { createRecord } from '../../src/crowd/record.ts'
import { createWalkers } from '../../src/crowd/walkers.ts'
import { en } from '../../web/words/en.ts'
import { ko } from '../../web/words/ko.ts'
import { createSale } from '../sale.ts'
import { chromiumMissing, type Fan, openStage, session, type Stage, type Visit } from './stage.ts'

const skip = chromiumMissing
const fans = 300
const seatRows = 24
const arriveMs = 6_000
/** how long everybody may take: a busy machine lets in fewer at once */
const patienceMs = 150_000
const won = { ko: (n: number) => `${n.toLocaleString('ko-KR')}원`, en: (n: number) => `₩${n.toLocaleString('en-GB')}` }
let stage: Stage
before(async () => {
  if (!skip) stage = await openStage()
})
after(() => stage?.close())

/** Fans over HTTP, who come within a few seconds and buy like those of `npm run rush`. */
async function rush(showId: string, seats: number) {
  const { fans: people } = await stage.api.user.rehearse({ count: fans, by: stage.operatorId })
  const record = createRecord()
  const client = createClient(stage.url, (_what, code) => code && record.refused(code))
  const random = seeded(7)
  const endsAt = performance.now() + patienceMs
  const crowd: Crowd = {
    client, showId, record, random, walkers: createWalkers({ client, showId, seats, record }), soldOut: false, streams: 0,
    thinkMs: (low, high) => (low + random() * (high - low)) / 4, deadline: () => performance.now() > endsAt,
  }
  const visits = people.map(async ({ accessToken }) => {
    const temper = temperOf(random)
    await wait(arriveMs * random() ** 3)
    await comes(crowd, accessToken, temper)
  })
  await Promise.all(visits).finally(() => client.close())
  return record
}

/** Through the line to the ticket by clicks; the server finds the seats, so no race is lost. */
async function buys({ page }: Visit, showId: string) {
  await page.goto(`/shows/${showId}/line#join`)
  await page.waitForURL(/\/seats$/, { timeout: patienceMs })
  await page.locator('.best button[type=submit]').click()
  await page.waitForURL(/\/checkout\//, { timeout: patienceMs })
  await page.locator('.bar .primary').click()
  await page.waitForURL(/\/done\//, { timeout: patienceMs })
}

test('a rush of 300 fans while three browsers buy: at the end every page shows what the database holds, and every promise was kept', { skip, timeout: 300_000 }, async () => {
  const show = await stage.show({ title: '삼백 명의 밤', rows: seatRows })
  const { showId } = show
  await stage.api.queue.control({ showId, by: stage.operatorId, cap: 80 })
  const looks = [{ language: 'ko', width: 390 }, { language: 'en', width: 1_440 }, { language: 'ko', width: 1_440 }] as const
  const buyers: { visit: Visit; fan: Fan; language: 'ko' | 'en' }[] = []
  for (const look of looks) {
    const [visit, fan] = [await stage.visit(look), await stage.fan()]
    await session(visit, fan)
    buyers.push({ visit, fan, language: look.language })
  }
  const [record] = await Promise.all([rush(showId, seatRows * 24 + 40), ...buyers.map(({ visit }) => buys(visit, showId))])
  assert.ok(record.counts.paid > fans / 2, `${record.counts.paid} of ${fans} bought`)
  assert.deepEqual([record.soldTwice(), record.lost, record.unexpected], [0, { places: 0, holds: 0, payments: 0 }, []])
  await stage.settle()

  const { stocks: [stock] } = await stage.api.seat.stock({ showIds: [showId] })
  assert.ok(stock)
  const free = Object.fromEntries(stock.left.map(({ grade, available }) => [grade, available]))
  for (const { visit: { page, ...visit }, fan, language } of buyers) {
    const words = language === 'ko' ? ko : en
    const { reservations: [kept, ...others] } = await stage.api.reservation.list({ userId: fan.userId, limit: 10 })
    assert.ok(kept && others.length === 0 && kept.status === 'confirmed')
    await page.goto('/reservations')
    const article = page.locator('article').first()
    await article.getByText(words.reservation.statuses.confirmed ?? '').waitFor()
    for (const { section, row, number } of kept.lines) assert.match(await article.innerText(), new RegExp(escaped(words.hall.seat(section, row, number))))
    await page.goto(`/reservations/${kept.id}`)
    await page.getByText(kept.number).first().waitFor()
    await page.getByText(won[language](kept.total)).first().waitFor()
    await page.goto('/wallet')
    assert.equal(await page.locator('.balance').innerText(), won[language]((await stage.api.wallet.balance({ userId: fan.userId })).balance))
    await page.goto(`/shows/${showId}/story`)
    await page.locator('.steps').getByText(words.story.steps.confirmed ?? '').waitFor()
    await page.goto(`/concerts/${show.concertId}`)
    for (const [grade, available] of Object.entries(free)) await page.locator('.prices li', { hasText: new RegExp(`^${grade} .*${escaped(words.hall.left(available.toLocaleString('en-GB')))}`) }).waitFor()
    await page.goto(`/shows/${showId}/seats`)
    for (const [grade, available] of Object.entries(free)) await page.locator('.legend button', { hasText: `${grade} ` }).getByText(words.hall.left(available.toLocaleString('en-GB')), { exact: true }).waitFor()
    await visit.close()
  }
  const sale = createSale(stage.url, stage.opsUrl)
  assert.deepEqual(await sale.verify().finally(() => sale.close()), [])
})

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
