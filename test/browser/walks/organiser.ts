import type { Scene, Shot } from '../scene.ts'
import { buy } from '../sales.ts'
import { openTheatre, plan } from './theatre.ts'

const day = 86_400_000
const prices = [{ grade: 'VIP', price: 154_000 }, { grade: 'R', price: 132_000 }]

/** Screens 22 to 25: who sets up a concert and sells it. */
export async function* organiser({ stage, enter, say }: Scene): AsyncGenerator<Shot> {
  const fresh = await enter({ fan: await stage.organiser() })
  await fresh.page.goto('/organiser')
  await fresh.page.locator('.guide').waitFor()
  yield { name: 'organiser-empty', page: fresh.page }

  const who = await stage.organiser()
  const { showId, concertId } = await openTheatre(stage, who.userId)
  const by = { userId: who.userId, role: 'organiser' as const }
  const startsAt = Math.ceil((stage.now() + 61 * day) / 3_600_000) * 3_600_000
  const { id: draftId } = await stage.api.concert.createShow({ by, concertId, startsAt, endsAt: startsAt + 7_200_000, timeZone: 'Asia/Seoul', plan, prices, windows: [] })
  await stage.api.seat.block({ showId, seatIds: [751, 752], reason: say('촬영석', 'Camera'), by: who.userId })
  const { userId } = await stage.fan({ name: say('김하나', 'Hana Kim') })
  const { reservationId } = await buy(stage, { showId, userId }, [741, 742])
  const { number } = await stage.api.reservation.get({ reservationId, userId })

  const { page } = await enter({ fan: who })
  await page.goto('/organiser')
  await page.locator('.own-concert .own-shows li').nth(1).waitFor()
  yield { name: 'organiser', page }
  await page.goto(`/organiser/concerts/${concertId}`)
  await page.locator('.own-shows li').nth(1).waitFor()
  yield { name: 'own-concert', page }
  await page.goto(`/organiser/shows/${draftId}`)
  await page.locator('.checking').waitFor()
  yield { name: 'own-show', page }
  await page.goto(`/organiser/shows/${draftId}/hall`)
  await page.locator('canvas[data-camera]').waitFor()
  yield { name: 'hall-editor', page }
  await page.goto(`/organiser/shows/${showId}/sales`)
  await page.locator('canvas.small-hall').waitFor()
  await page.locator('.blocked').waitFor()
  yield { name: 'sales', page }
  await page.goto(`/organiser/shows/${showId}/buyers?query=${number}`)
  await page.locator('.buyer').waitFor()
  yield { name: 'buyers', page }
}
