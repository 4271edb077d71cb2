import { en } from '../../../web/line/words-en.ts'
import { ko } from '../../../web/line/words-ko.ts'
import { reserve } from '../sales.ts'
import type { Scene, Shot } from '../scene.ts'

/** A first hold is nearly over at once, and nobody is exempt from the limits. */
export const lateEnvironment = { HOLD_SECONDS: '58', RATE_LIMIT_EXEMPT: '10.0.0.0/8' }
/** an entry by itself that nobody touches sleeps after a minute and a half; an unpaid hold has ended by then */
const untouchedMs = 92_000
const joinsAtOnce = 14

/** States that time brings: the server's goes on by itself between them. And what a fresh installation shows. */
export async function* late({ stage, visit, enter, words, language }: Scene): AsyncGenerator<Shot> {
  const line = language === 'ko' ? ko : en
  const { checkout, home, reservation } = words
  const { page: first } = await visit()
  await first.goto('/')
  await first.getByText(home.empty).waitFor()
  yield { name: 'home-empty', page: first }
  const show = await stage.show({ title: '오픈런 페스티벌' })
  const hasty = await enter({ allowed: [/^429 POST .*\/queue$/, /ERR_INTERNET_DISCONNECTED/] })
  // it would end by itself: after a second at the server, and in the page when it hears of its place
  await hasty.page.route(({ pathname }) => pathname.endsWith('/queue/me'), (route) => route.abort('internetdisconnected'))
  const goOn = stage.stopTime()
  await Promise.all(Array.from({ length: joinsAtOnce }, () => hasty.context.request.post(`/api/shows/${show.showId}/queue`, { data: {}, headers: { authorization: `Bearer ${hasty.token}` } })))
  await hasty.page.goto(`/shows/${show.showId}/line#join`)
  await hasty.page.locator('#line[data-kind=slow-lane] .actions button').waitFor()
  goOn()
  yield { name: 'line-slow-lane', page: hasty.page }

  const { page, fan } = await enter()
  const held = await reserve(stage, { showId: show.showId, userId: fan.userId }, [3, 4])
  await page.goto(`/checkout/${held.reservation.id}`)
  await page.getByText(checkout.ending(60)).waitFor()
  yield { name: 'checkout-ending', page }
  await page.getByRole('button', { name: checkout.extend }).click()
  await page.getByText(checkout.ending(60)).waitFor({ state: 'detached' })
  yield { name: 'checkout-extended', page }

  const [sleeper, slow] = [await enter(), await enter()]
  const who = { showId: show.showId, userId: sleeper.fan.userId, sessionId: sleeper.fan.userId }
  await stage.api.queue.join(who)
  await stage.api.queue.pass({ ...who, verified: true, auto: true })
  const left = await reserve(stage, { showId: show.showId, userId: slow.fan.userId }, [7, 8])
  await stage.passTime(untouchedMs)
  await sleeper.page.goto(`/shows/${show.showId}/line`)
  await sleeper.page.getByRole('heading', { name: line.asleep.title }).waitFor()
  yield { name: 'line-asleep', page: sleeper.page }
  await slow.page.goto(`/checkout/${left.reservation.id}`)
  await slow.page.getByRole('heading', { name: checkout.expired }).waitFor()
  yield { name: 'checkout-expired', page: slow.page }
  await slow.page.goto(`/reservations/${left.reservation.id}`)
  await slow.page.getByText(reservation.statuses.expired ?? '').first().waitFor()
  yield { name: 'reservation-expired', page: slow.page }
}
