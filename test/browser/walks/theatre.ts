import { buy, reserve } from '../sales.ts'
import type { Stage } from '../stage.ts'

const rows = (count: number, seats: number, extra: Record<string, number[]> = {}) => Array.from({ length: count }, (_, i) => ({ name: String(i + 1), seats, ...(i === count - 1 ? extra : {}) }))
const block = (name: string, grade: string, count: number, seats: number, extra?: Record<string, number[]>) => ({ name, grade, kind: 'seated' as const, rows: rows(count, seats, extra) })
export const plan = { sections: [
  { name: '스탠딩', grade: 'S', kind: 'standing' as const, capacity: 120 },
  block('A', 'VIP', 8, 12), block('B', 'VIP', 8, 16), block('C', 'VIP', 8, 12), block('D', 'R', 8, 12, { accessible: [1, 2], companion: [3] }), block('E', 'R', 8, 16), block('F', 'R', 8, 12, { restrictedView: [11, 12] }),
] }
const firstSeated = 121
const buyers = 60

/** A hall that has been selling for a while: bought and held by others, four seats at most each, here and there. */
export async function openTheatre(stage: Stage, by = stage.operatorId) {
  const show = await stage.show({ by, concertId: '0190a000-0000-7000-8000-000000000043', title: '오픈런 페스티벌', venue: '올림픽홀', plan, startsInMs: 60 * 86_400_000 })
  const seats = (n: number) => {
    const from = firstSeated + ((n * 37) % 155) * 4
    return Array.from({ length: 1 + (n % 4) }, (_, i) => from + i)
  }
  await Promise.all(Array.from({ length: buyers }, (_, n) => (n % 5 === 0 ? reserve : buy)(stage, { showId: show.showId }, seats(n))))
  await Promise.all([0, 1, 2, 3, 4, 5].map((n) => buy(stage, { showId: show.showId }, [1, 2, 3, 4].map((i) => n * 4 + i))))
  await stage.settle()
  return show
}
