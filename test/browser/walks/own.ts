import { randomUUID } from 'node:crypto'
import { buy, reserve } from '../sales.ts'
import type { Scene, Shot } from '../scene.ts'
import { openTheatre } from './theatre.ts'

/** Screen 15: what I bought, and giving a part of it back. */
export async function* booked({ stage, enter, words }: Scene): AsyncGenerator<Shot> {
  const { showId } = await openTheatre(stage)
  const { reservation: said } = words
  const { page, fan } = await enter()
  const me = { showId, userId: fan.userId }
  await page.goto('/reservations')
  await page.getByText(said.none).waitFor()
  yield { name: 'reservations-none', page }
  const bought = await buy(stage, me, [40, 41, 42])
  const soon = await stage.show({ title: '내일의 재즈', venue: '성수 공장', startsInMs: 10 * 3_600_000, closesInMs: 9 * 3_600_000 })
  const past = await buy(stage, { showId: soon.showId, userId: fan.userId }, [1, 2])
  const other = await stage.show({ title: '겨울밤 피아노', venue: '세종 체임버홀' })
  const pending = await reserve(stage, { showId: other.showId, userId: fan.userId }, [7, 8])
  await page.goto('/reservations')
  await page.locator('article').nth(2).waitFor()
  await page.getByText('겨울밤 피아노').waitFor()
  yield { name: 'reservations', page }
  await page.goto(`/reservations/${pending.reservation.id}`)
  await page.getByRole('link', { name: said.pay }).waitFor()
  yield { name: 'reservation-pending', page }
  await page.goto(`/reservations/${bought.reservationId}`)
  await page.locator('input[type=checkbox]').first().check()
  yield { name: 'reservation', page }
  await page.locator('main .button.stop').click()
  await page.locator('dialog').waitFor()
  yield { name: 'reservation-cancel', page }
  await page.locator('dialog .button.stop').click()
  await page.locator('.notice.good').waitFor()
  yield { name: 'reservation-part-cancelled', page }
  await page.goto(`/reservations/${past.reservationId}`)
  await page.getByText(said.cutOver).waitFor()
  yield { name: 'reservation-past', page }
  const gone = await buy(stage, { showId: other.showId, userId: fan.userId }, [21])
  await stage.api.reservation.cancel({ cancellationId: randomUUID(), reservationId: gone.reservationId, userId: fan.userId, reason: 'buyer' })
  await page.goto(`/reservations/${gone.reservationId}`)
  await page.locator('.ticket.gone').waitFor()
  yield { name: 'reservation-cancelled', page }
}

/** Screens 18 to 20: my money, my data, my story. */
export async function* own({ stage, enter, visit, words, say }: Scene): AsyncGenerator<Shot> {
  const { wallet, account, story } = words
  const { page, fan } = await enter()
  const me = fan.userId
  const poor = await enter({ fan: await stage.fan({ balance: 0 }) })
  await poor.page.goto('/wallet')
  await poor.page.getByText(wallet.none).waitFor()
  yield { name: 'wallet-empty', page: poor.page }
  await poor.page.goto('/wallet?source=sandbox:late')
  await poor.page.locator('input[name=amount]').fill('300,000')
  await poor.page.locator('main form .primary').click()
  await poor.page.getByText(wallet.waiting).waitFor()
  yield { name: 'wallet-waiting', page: poor.page }

  const show = await stage.show({ title: '오픈런 페스티벌' })
  const bought = await buy(stage, { showId: show.showId, userId: me }, [5, 6])
  await stage.api.reservation.cancel({ cancellationId: randomUUID(), reservationId: bought.reservationId, userId: me, seatIds: [6], reason: 'buyer' })
  await stage.settle()
  await page.goto('/wallet')
  await page.locator('.entries li').nth(3).waitFor()
  yield { name: 'wallet', page }
  await page.goto('/wallet?source=sandbox:late')
  await page.locator('input[name=amount]').fill('200,000')
  await page.locator('main form .button:not(.primary, .small)').click()
  await page.getByText(wallet.onItsWay(say('200,000원', '₩200,000'))).waitFor()
  yield { name: 'wallet-withdrawal', page }

  await page.goto(`/shows/${show.showId}/story`)
  await page.locator('.steps li').nth(5).waitFor()
  yield { name: 'story', page }
  await page.getByRole('button', { name: story.appeals.open }).click()
  await page.locator('textarea').fill(say('6번 좌석은 제가 취소하지 않았어요.', 'I did not cancel seat 6.'))
  yield { name: 'story-appeal', page }
  await page.locator('form .primary').click()
  await page.getByText(story.appeals.waitingBody).waitFor()
  yield { name: 'story-appeal-sent', page }
  const { appeals } = await stage.api.queue.appeals({ showId: show.showId, userId: me })
  await stage.api.queue.answerAppeal({ id: appeals[0]?.id ?? '', by: stage.operatorId, outcome: 'declined', answer: say('20:04에 회원님의 기기에서 취소한 기록이 있어요. 좌석이 아직 비어 있어 다시 살 수 있어요.', 'It was cancelled from your own device at 20:04. The seat is still free, so you can buy it again.') })
  await page.reload()
  await page.locator('article .notice').scrollIntoViewIfNeeded()
  yield { name: 'story-appeal-answered', page }
  const stranger = await enter()
  await stranger.page.goto(`/shows/${show.showId}/story`)
  await stranger.page.getByText(story.none).waitFor()
  yield { name: 'story-none', page: stranger.page }

  await page.goto('/account')
  await page.getByText(account.eraseOpenBody).waitFor()
  yield { name: 'account', page }
  await page.locator('.button.stop').click()
  await page.locator('dialog').waitFor()
  yield { name: 'account-erase', page }
  const email = `new-${randomUUID().slice(0, 8)}@test.example`
  const fresh = await visit()
  await fresh.context.request.post('/api/users', { data: { email, name: '새 팬', password: 'browser-test-1234' } })
  await fresh.page.goto('/sign-in?back=/account')
  await fresh.page.locator('input[name=email]').fill(email)
  await fresh.page.locator('input[name=password]').fill('browser-test-1234')
  await fresh.page.locator('main form button[type=submit]').click()
  await fresh.page.getByText(account.unverifiedBody).waitFor()
  yield { name: 'account-unverified', page: fresh.page }
}
