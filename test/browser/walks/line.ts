import { randomUUID } from 'node:crypto'
import { en } from '../../../web/line/words-en.ts'
import { ko } from '../../../web/line/words-ko.ts'
import { availability, buy, joinMany, letIn, refusedAsSoldOut, reserve } from '../sales.ts'
import type { Scene, Shot } from '../scene.ts'

const day = 86_400_000
const awayMs = 61_000
const arena = { sections: [{ name: 'A', grade: 'VIP', kind: 'seated' as const, rows: Array.from({ length: 20 }, (_, i) => ({ name: String(i + 1), seats: 40 })) }, { name: '스탠딩', grade: 'S', kind: 'standing' as const, capacity: 1_600 }] }
const four = { sections: [{ name: 'A', grade: 'VIP', kind: 'seated' as const, rows: [{ name: '1', seats: 4 }] }] }
const seats = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)

/** Screen 7, before anybody waits: who may join, and when. */
export async function* door({ stage, visit, enter, language }: Scene): AsyncGenerator<Shot> {
  const words = language === 'ko' ? ko : en
  const show = await stage.show({ title: '긴 밤의 밴드' })
  const stranger = await visit()
  await stranger.page.goto(`/shows/${show.showId}/line`)
  await stranger.page.getByRole('heading', { name: words.signIn.title }).waitFor()
  yield { name: 'line-stranger', page: stranger.page }
  const fan = await enter({ allowed: [/^(404|409|429) (GET|POST) .*\/queue(\/me)?$/, /^403 POST .*\/queue(\/pass)?$/] })
  const { page } = fan
  await page.goto(`/shows/${show.showId}/line`)
  await page.getByRole('heading', { name: words.join.title }).waitFor()
  yield { name: 'line-join', page }
  const coded = await stage.show({ title: '팬클럽의 밤', codes: ['FANCLUB'] })
  await page.goto(`/shows/${coded.showId}/line#join`)
  await page.locator('#code').fill('WRONG')
  await page.locator('.actions button').click()
  await page.locator('.note', { hasText: /\S/ }).first().waitFor()
  yield { name: 'line-code', page }
  const later = await stage.show({ title: '다음 주의 밴드', opensInMs: 3 * day })
  await page.goto(`/shows/${later.showId}/line#join`)
  await page.getByRole('heading', { name: words.notOpen.title }).waitFor()
  yield { name: 'line-not-open', page }
  const gone = await stage.show({ title: '넷만의 밤', plan: four })
  await buy(stage, { showId: gone.showId }, seats(1, 4))
  await refusedAsSoldOut(stage, gone.showId)
  await page.goto(`/shows/${gone.showId}/line#join`)
  await page.locator('#line[data-kind=problem]').waitFor()
  yield { name: 'line-sold-out-before', page }

  const email = `new-${randomUUID().slice(0, 8)}@test.example`
  const stranger2 = await visit([/^403 POST .*\/queue\/pass$/])
  await stranger2.context.request.post('/api/users', { data: { email, name: '새 팬', password: 'browser-test-1234' } })
  await stranger2.page.goto(`/sign-in?back=${encodeURIComponent(`/shows/${show.showId}/line#join`)}`)
  await stranger2.page.locator('input[name=email]').fill(email)
  await stranger2.page.locator('input[name=password]').fill('browser-test-1234')
  await stranger2.page.locator('main form button[type=submit]').click()
  await stranger2.page.getByRole('heading', { name: words.unverified.title }).waitFor()
  yield { name: 'line-unverified', page: stranger2.page }
}

/** Screen 7, waiting: a number, what it means, and why it goes slower. */
export async function* waiting({ stage, enter, language }: Scene): AsyncGenerator<Shot> {
  const words = language === 'ko' ? ko : en
  const { api, operatorId: by } = stage
  const heading = (name: string) => page.getByRole('heading', { name })
  const show = await stage.show({ title: '긴 밤의 밴드', plan: arena })
  const { showId } = show
  await api.queue.control({ showId, by, cap: 900 })
  await joinMany(stage, showId, 1_312)
  await letIn(stage, showId, 900)
  const { page, context } = await enter({ allowed: [/ERR_INTERNET_DISCONNECTED/] })
  await page.goto(`/shows/${showId}/line#join`)
  await heading(words.waiting.title(412)).waitFor()
  await page.locator('.range', { hasText: /\d/ }).waitFor()
  yield { name: 'line-waiting', page }
  await api.queue.control({ showId, by, message: language === 'ko' ? '음향을 점검하고 있어요. 20:10에 이어 갈게요.' : 'We are checking the sound and go on at 20:10.' })
  await api.concert.pauseShow({ by: { userId: by, role: 'operator' }, showId })
  await page.locator('.note', { hasText: words.reasons['paused: operator'] ?? '' }).waitFor()
  yield { name: 'line-paused', page }
  await api.concert.resumeShow({ by: { userId: by, role: 'operator' }, showId })
  await context.setOffline(true)
  stage.cutConnections()
  const offline = page.locator('main > .note', { hasText: words.offline(8).slice(0, 6) })
  await offline.waitFor()
  yield { name: 'line-offline', page }
  await context.setOffline(false)
  await offline.waitFor({ state: 'detached' })
  await page.locator('footer button.quiet').click()
  await page.locator('dialog').waitFor()
  yield { name: 'line-leave', page }
  await page.locator('dialog .stop').click()
  await heading(words.ended.title).waitFor()
  yield { name: 'line-ended', page }

  const few = await stage.show({ title: '작은 홀의 긴 줄' })
  await joinMany(stage, few.showId, 200)
  await page.goto(`/shows/${few.showId}/line#join`)
  await page.locator('.note', { hasText: words.reasons['slowed: seats'] ?? '' }).waitFor()
  yield { name: 'line-slowed', page }

  const far = await stage.show({ title: '먼 줄', rows: 1 })
  await api.queue.control({ showId: far.showId, by, cap: 0 })
  await joinMany(stage, far.showId, 620)
  await page.goto(`/shows/${far.showId}/line#join`)
  await heading(words.hopeless.title).waitFor()
  yield { name: 'line-hopeless', page }

  await page.goto(`/shows/${far.showId}/line/plain`)
  await page.getByRole('heading').waitFor()
  // it would load itself anew in ten seconds
  await page.evaluate('stop()')
  yield { name: 'line-plain', page }
}

/** Screen 7, near the end of the wait: next, called, inside, somewhere else, and when nothing is left. */
export async function* turn({ stage, enter, language }: Scene): AsyncGenerator<Shot> {
  const words = language === 'ko' ? ko : en
  const { api, operatorId: by } = stage
  const { page, fan } = await enter({ allowed: [/^409 POST .*\/queue\/pass$/, /^404 GET .*\/queue\/me$/] })
  const heading = (name: string) => page.getByRole('heading', { name })
  const next = await stage.show({ title: '바로 다음' })
  await api.queue.control({ showId: next.showId, by, cap: 0 })
  await page.goto(`/shows/${next.showId}/line#join`)
  await heading(words.waiting.next).waitFor()
  yield { name: 'line-nearly', page }

  // whoever is plainly there goes in by itself: this one has not touched the page for a minute
  await page.clock.install()
  await page.goto(`/shows/${next.showId}/line`)
  await heading(words.waiting.next).waitFor()
  await page.clock.fastForward(awayMs)
  await api.queue.control({ showId: next.showId, by, cap: 300 })
  await heading(words.called.title).waitFor()
  yield { name: 'line-turn', page }
  await api.queue.pass({ showId: next.showId, userId: fan.userId, sessionId: randomUUID(), verified: true })
  await heading(words.inside.title).waitFor()
  yield { name: 'line-inside', page }
  await page.locator('.actions .primary').click()
  await heading(words.elsewhere.title).waitFor()
  yield { name: 'line-elsewhere', page }

  const full = await stage.show({ title: '모두 장바구니에', plan: four })
  const held = await reserve(stage, { showId: full.showId }, seats(1, 4))
  await api.queue.control({ showId: full.showId, by, cap: 0 })
  await availability(stage, full.showId, 'all_held')
  await page.goto(`/shows/${full.showId}/line#join`)
  await heading(words.allHeld.title).waitFor()
  yield { name: 'line-all-held', page }
  const paid = await api.payment.pay({ paymentId: randomUUID(), userId: held.userId, reservationId: held.reservation.id, topUp: held.reservation.total })
  if (paid.status === 'failed') throw new Error('not paid')
  await availability(stage, full.showId, 'sold_out')
  await heading(words.soldOut.title).waitFor()
  yield { name: 'line-sold-out', page }
  await api.queue.control({ showId: full.showId, by, close: true })
  await heading(words.closed.title).waitFor()
  yield { name: 'line-closed', page }
}
