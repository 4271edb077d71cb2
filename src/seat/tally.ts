import type { Tally } from './api.ts'
import type { SeatEnv } from './env.ts'
import { type Picture, statusCode } from './picture.ts'

const names: Record<number, keyof Omit<Tally, 'grade' | 'capacity'>> = {
  [statusCode.available]: 'available', [statusCode.held]: 'held', [statusCode.pinned]: 'held', [statusCode.sold]: 'sold', [statusCode.returned]: 'returned', [statusCode.blocked]: 'blocked',
}
const tallies = new WeakMap<Picture, { version: number; grades: Tally[] }>()

/** Counted on the copy in memory, once a version: who looks at a sale costs its buyers no statement. */
export async function tally({ pictures }: SeatEnv, { showId }: { showId: string }): Promise<{ grades: Tally[] }> {
  const picture = await pictures.of(showId)
  const known = tallies.get(picture)
  if (known?.version === picture.version) return { grades: known.grades }
  const grades = count(picture)
  tallies.set(picture, { version: picture.version, grades })
  return { grades }
}

function count({ seats, states }: Picture): Tally[] {
  const grades = new Map<string, Tally>()
  for (const [index, { grade }] of seats.entries()) {
    const sum = grades.get(grade) ?? { grade, capacity: 0, available: 0, held: 0, returned: 0, sold: 0, blocked: 0 }
    grades.set(grade, sum)
    sum.capacity++
    sum[names[states[index] ?? statusCode.available] ?? 'available']++
  }
  return [...grades.values()]
}
