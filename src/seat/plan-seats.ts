import type { Plan, PlanRow } from '../concert/api.ts'
import type { MapShape } from './api.ts'
import type { SeatInfo } from './picture.ts'

const attributeNames = ['accessible', 'companion', 'restrictedView', 'aisle'] as const

/**
 * The seats of a plan in plan order, ids 1…N: rows of a seated section number their seats from 1, entries of a
 * standing section have no row and their entry number.
 */
export function seatsOf(plan: Plan): SeatInfo[] {
  const seats: SeatInfo[] = []
  for (const { name: section, kind, grade, rows = [], capacity = 0 } of plan.sections) {
    const add = (row: Pick<PlanRow, 'name' | 'grade'>, number: number, attributes: string[]) =>
      seats.push({ id: seats.length + 1, section, row: row.name, number: String(number), grade: row.grade ?? grade, kind, attributes })
    if (kind === 'standing') for (let entry = 1; entry <= capacity; entry++) add({ name: '' }, entry, [])
    else
      for (const row of rows) {
        const marks = attributeNames.map((name) => [name, new Set(row[name])] as const)
        for (let number = 1; number <= row.seats; number++)
          add(row, number, marks.filter(([, numbers]) => numbers.has(number)).map(([name]) => name))
      }
  }
  return seats
}

/** Seats that the plan itself takes out of sale, by reason; a plan may have as many reasons as rows, or one for all of them. */
export function blockedIn(plan: Plan): Map<string, number[]> {
  const byReason = new Map<string, number[]>()
  let before = 0
  for (const { rows = [], capacity = 0 } of plan.sections) {
    for (const { seats, blocked = [], blockedReason = '' } of rows) {
      const known = byReason.get(blockedReason) ?? []
      for (const number of blocked) known.push(before + number)
      if (known.length > 0) byReason.set(blockedReason, known)
      before += seats
    }
    before += capacity
  }
  return byReason
}

export const shapesOf = (plan: Plan): MapShape[] => plan.sections.flatMap(({ name: section, shape }) => (shape ? [{ section, ...shape }] : []))
