import type { Scene, Shot } from '../scene.ts'
import { openSeason } from './season.ts'

/** Screens 1 to 3: what there is, and what a fan can do about it. */
export async function* shop({ stage, visit, words }: Scene): AsyncGenerator<Shot> {
  const season = await openSeason(stage)
  // the proof asks for the draw of a line that had none, and is told so
  const { page, context } = await visit([/^404 GET \/nowhere$/, /^404 GET \/api\/shows\/[\w-]+\/queue\/draw$/, /ERR_INTERNET_DISCONNECTED/])
  const { concert, home } = words
  await page.goto('/')
  await page.locator('.concert').nth(8).waitFor()
  yield { name: 'home', page }
  await page.locator('input[type=search]').fill('오로라')
  await page.locator('search button').click()
  await page.getByText(home.none('오로라')).waitFor()
  yield { name: 'home-none', page }
  await context.setOffline(true)
  await page.locator('input[type=search]').fill('재즈')
  await page.locator('search button').click()
  await page.getByText(words.problem.offline).waitFor()
  yield { name: 'home-offline', page }
  await context.setOffline(false)
  const phases: [name: string, concertId: string, said: string][] = [
    ['concert', season.onSale.concertId, concert.join], ['concert-announced', season.announced.concertId, concert.notify], ['concert-soon', season.soon.concertId, concert.ready],
    ['concert-lobby', season.lobby.concertId, concert.enterLobby], ['concert-codes', season.codes.concertId, concert.codes], ['concert-all-held', season.allHeld.concertId, concert.allHeld],
    ['concert-sold-out', season.soldOut.concertId, concert.soldOutBody], ['concert-closed', season.closed.concertId, concert.closed], ['concert-cancelled', season.cancelled.concertId, concert.cancelled],
  ]
  for (const [name, concertId, said] of phases) {
    await page.goto(`/concerts/${concertId}`)
    await page.locator('.show').getByText(said).first().waitFor()
    yield { name, page }
  }
  await page.goto('/nowhere')
  await page.getByText(words.problem.notFoundBody).waitFor()
  yield { name: 'not-found', page }
  await page.goto(`/audit-proof?show=${season.soldOut.showId}`)
  await page.locator('#findings li').first().waitFor()
  yield { name: 'audit-proof', page }
}
