import { availability, buy, reserve } from '../sales.ts'
import type { Stage } from '../stage.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** Addresses are fixed, for a poster follows from its concert's. */
const concert = (n: number) => `0190a000-0000-7000-8000-${String(n).padStart(12, '0')}`
const seats = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)
const row = (name: string, seats: number) => ({ name, seats })
/** Twelve seats: a house that is easily full. */
const tiny = { sections: [{ name: 'A', grade: 'VIP', kind: 'seated' as const, rows: [row('1', 8)] }, { name: 'B', grade: 'R', kind: 'seated' as const, rows: [row('1', 4)] }] }

/** A season with a concert in each phase of its life, as an organiser, an operator and other fans bring it about. */
export async function openSeason(stage: Stage) {
  const onSale = await stage.show({ concertId: concert(43), title: '오픈런 페스티벌', venue: '올림픽홀', description: '여섯 팀이 저녁부터 한밤까지. 스탠딩은 입장 번호 순서로 들어가요.', rows: 8, startsInMs: 60 * day })
  const by = { userId: stage.operatorId, role: 'operator' as const }
  const announced = await stage.show({ concertId: concert(66), title: '겨울밤 피아노', venue: '세종 체임버홀', opensInMs: 3 * day, startsInMs: 45 * day })
  const soon = await stage.show({ concertId: concert(28), title: 'Night Bus: Seoul', venue: '한강 야외무대', opensInMs: 40 * minute, startsInMs: 50 * day })
  const lobby = await stage.show({ concertId: concert(88), title: '새벽 네 시의 재즈', venue: '성수 공장', lobbyInMs: -10 * minute, opensInMs: 5 * minute, startsInMs: 30 * day })
  const codes = await stage.show({ concertId: concert(46), title: '도시의 현악', venue: '예술의집', codes: ['FANCLUB'], startsInMs: 70 * day })
  const allHeld = await stage.show({ concertId: concert(7), title: '별이 지는 극장', venue: '대학로 소극장', plan: tiny, startsInMs: 20 * day })
  for (const from of [1, 5, 9]) await reserve(stage, { showId: allHeld.showId }, seats(from, 4))
  const soldOut = await stage.show({ concertId: concert(63), title: '낮달 어쿠스틱', venue: '연남 다락', plan: tiny, startsInMs: 25 * day })
  for (const from of [1, 5, 9]) await buy(stage, { showId: soldOut.showId }, seats(from, 4))
  const closed = await stage.show({ concertId: concert(73), title: '한여름 밴드 대전', venue: '난지 야외무대', opensInMs: -2 * day, closesInMs: 2 * minute, startsInMs: 10 * day })
  await closeSale(stage, closed.showId)
  const cancelled = await stage.show({ title: '첫눈 버스킹', venue: '광화문 광장', startsInMs: 80 * day })
  await stage.api.concert.cancelShow({ by, showId: cancelled.showId, reason: '폭설 예보' })
  await stage.settle()
  await availability(stage, allHeld.showId, 'all_held')
  await availability(stage, soldOut.showId, 'sold_out')
  return { onSale, announced, soon, lobby, codes, allHeld, soldOut, closed, cancelled }
}

/** The organiser ends the sale a minute ago. */
async function closeSale(stage: Stage, showId: string) {
  const by = { userId: stage.operatorId, role: 'operator' as const }
  const { windows } = await stage.api.concert.windows({ by, showId })
  const now = Date.now()
  await stage.api.concert.setWindows({ by, showId, windows: windows.map(({ codeCount: _, ...window }) => ({ ...window, closesAt: now - minute })) })
}
