import type { Scene, Shot } from '../scene.ts'
import { reserve } from '../sales.ts'
import { openTheatre } from './theatre.ts'

/** entries of the standing floor that nobody has */
const firstFree = 40

/** Screens 11 to 13: paying without fear, not knowing yet, and relief. */
export async function* purchase({ stage, enter, words }: Scene): AsyncGenerator<Shot> {
  const { showId } = await openTheatre(stage)
  const { checkout, done } = words
  const seats = (from: number, count: number) => Array.from({ length: count }, (_, i) => firstFree + from + i)
  const pay = '.bar .primary'

  const rich = await enter()
  const bought = await reserve(stage, { showId, userId: rich.fan.userId }, seats(0, 2))
  await rich.page.goto(`/checkout/${bought.reservation.id}`)
  await rich.page.locator(pay).waitFor()
  await rich.page.locator('.clock').waitFor()
  yield { name: 'checkout', page: rich.page }
  await rich.page.locator('button.quiet', { hasText: checkout.giveUp }).click()
  await rich.page.locator('dialog').waitFor()
  yield { name: 'checkout-let-go', page: rich.page }
  await rich.page.keyboard.press('Escape')
  await rich.page.locator(pay).click()
  await rich.page.getByText(done.body).waitFor()
  yield { name: 'done', page: rich.page }

  const short = await enter({ fan: await stage.fan({ balance: 100_000 }), allowed: [/^402 POST \/api\/payments$/] })
  const missing = await reserve(stage, { showId, userId: short.fan.userId }, seats(2, 2))
  await short.page.goto(`/checkout/${missing.reservation.id}?source=sandbox:decline`)
  await short.page.locator(pay).waitFor()
  await short.page.locator('.clock').waitFor()
  yield { name: 'checkout-missing', page: short.page }
  await short.page.locator(pay).click()
  await short.page.locator('.notice.bad').waitFor()
  yield { name: 'checkout-declined', page: short.page }

  const late = await enter({ fan: await stage.fan({ balance: 1_000 }) })
  const waits = await reserve(stage, { showId, userId: late.fan.userId }, seats(4, 2))
  await late.page.goto(`/checkout/${waits.reservation.id}?source=sandbox:late`)
  await late.page.locator(pay).click()
  await late.page.getByRole('heading', { name: checkout.paying }).waitFor()
  yield { name: 'paying', page: late.page }
  await late.page.getByRole('heading', { name: checkout.unknown }).waitFor()
  yield { name: 'paying-unknown', page: late.page }
}
