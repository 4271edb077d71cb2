import type { Page } from 'playwright-core'
import { comeTo, type Fan, type Stage } from './stage.ts'

export const hour = 3_600_000
export const plan = { sections: [{ name: 'A', grade: 'VIP', kind: 'seated' as const, rows: [{ name: '1', seats: 12 }, { name: '2', seats: 12 }] }, { name: '스탠딩', grade: 'S', kind: 'standing' as const, capacity: 40 }] }
export const by = ({ userId }: Fan) => ({ userId, role: 'organiser' as const })
export const stored = (stage: Stage, who: Fan, showId: string) => stage.api.concert.showDetail({ showId, viewer: by(who) })

/** A draft with a hall, prices and a window; or published. */
export async function showOf(stage: Stage, who: Fan, title: string, { isPublished = false } = {}) {
  const { concert } = stage.api
  const now = Date.now()
  const { id: concertId } = await concert.createConcert({ by: by(who), title, venue: '올림픽홀' })
  const windows = [{ name: '일반예매', opensAt: now - hour, closesAt: now + 100 * hour, audience: 'everyone' as const }]
  const show = await concert.createShow({ by: by(who), concertId, startsAt: now + 1_000 * hour, endsAt: now + 1_002 * hour, timeZone: 'Asia/Seoul', plan, prices: [{ grade: 'VIP', price: 154_000 }, { grade: 'S', price: 88_000 }], windows })
  if (isPublished) await concert.publish({ by: by(who), showId: show.id })
  await stage.settle()
  return show
}

/** Signs in by the form and comes to a page of one's own. */
export async function enter(page: Page, who: Fan, path: string) {
  await comeTo(page, path, who)
  await page.locator('main:has(h1)').waitFor()
}
