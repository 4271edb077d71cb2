import type { Scene, Shot } from '../scene.ts'
import { joinMany } from '../sales.ts'
import { openTheatre } from './theatre.ts'

/** Screen 27: what an operator sees of a sale. */
export async function* operator({ stage, enter, words }: Scene): AsyncGenerator<Shot> {
  const { showId, concertId } = await openTheatre(stage)
  await joinMany(stage, showId, 300)
  const { page } = await enter({ fan: { userId: stage.operatorId, email: 'operator@test.example', name: '당직' } })
  await page.goto(`/concerts/${concertId}`)
  await page.getByRole('link', { name: words.concert.warRoom }).click()
  await page.locator('.promises .kept').nth(7).waitFor()
  yield { name: 'war-room', page }
}
