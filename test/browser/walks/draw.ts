import { en } from '../../../web/line/words-en.ts'
import { ko } from '../../../web/line/words-ko.ts'
import { joinMany } from '../sales.ts'
import type { Scene, Shot } from '../scene.ts'

const minute = 60_000
/** an outage, as so many who join at once may bring, moves what ends within a minute: the lobby ends later */
const opensInMs = 120_000
/** the lobby is sealed for the last ten seconds */
const sealedMs = 8_000

/** Screens 6 and 8: ready before it opens, drawn in the open, checked in one's own browser. */
export async function* draw({ stage, enter, language }: Scene): AsyncGenerator<Shot> {
  const words = language === 'ko' ? ko : en
  const drawn = await stage.show({ title: '추첨의 밤', lobbyInMs: -10 * minute, opensInMs })
  const opening = stage.now() + opensInMs
  await stage.api.queue.control({ showId: drawn.showId, by: stage.operatorId, cap: 0 })
  await joinMany(stage, drawn.showId, 620)
  const waiter = await enter()
  await waiter.page.goto(`/shows/${drawn.showId}/line#join`)
  await waiter.page.getByRole('heading', { name: words.lobby.title }).waitFor()
  const proof = await waiter.context.newPage()
  await proof.goto(`/draw-proof?show=${drawn.showId}&lang=${language}`)
  await proof.locator('#findings li').first().waitFor()
  yield { name: 'draw-committed', page: proof }
  await stage.passTime(opening - sealedMs - stage.now())
  const goOn = stage.stopTime()
  await waiter.page.reload()
  await waiter.page.getByText(words.lobby.sealed).first().waitFor()
  yield { name: 'line-sealed', page: waiter.page }
  goOn()
  await stage.passTime(Math.max(0, opening + 1_000 - stage.now()))
  await waiter.page.reload()
  await waiter.page.locator('#line[data-kind=waiting], #line[data-kind=hopeless]').waitFor()
  yield { name: 'line-drawn', page: waiter.page }
  await proof.reload()
  await proof.locator('#findings li[data-what=strength]').waitFor()
  await proof.locator('#mine').click()
  await proof.locator('#own li').first().waitFor()
  await proof.evaluate('scrollTo(0, 0)')
  yield { name: 'draw-proof', page: proof }

  const lobby = await stage.show({ title: '새벽 네 시의 재즈', venue: '성수 공장', lobbyInMs: -10 * minute, opensInMs: 5 * minute })
  const ready = await enter()
  await ready.page.goto(`/shows/${lobby.showId}/line#join`)
  await ready.page.locator('.checks .ok').nth(2).waitFor()
  yield { name: 'lobby-ready', page: ready.page }
  const poor = await enter({ fan: await stage.fan({ balance: 10_000 }) })
  await poor.page.goto(`/shows/${lobby.showId}/line#join`)
  await poor.page.locator('.checks li').nth(2).waitFor()
  yield { name: 'lobby', page: poor.page }
}
