import type { Plan, PlanRow, PlanSection, Price } from './api.ts'
import { concertLimits } from './limits.ts'

/** What a plan may say of single seats of a row, each a list of seat numbers. */
export const seatMarks = ['accessible', 'companion', 'restrictedView', 'aisle', 'blocked'] as const
export type SeatMark = (typeof seatMarks)[number]

/** What contradicts itself, and where: `section` and `row` are places in the plan, from 0. */
export type Contradiction = { section?: number; row?: number } & (
  | { what: 'section_twice' | 'row_twice' | 'row_name'; name: string }
  | { what: 'section_name' | 'no_capacity' | 'no_rows' | 'rows_of_standing' | 'capacity_of_seated' | 'curve_too_tight' }
  | { what: 'mark_beyond'; name: string; mark: SeatMark; seat: number; seats: number }
  | { what: 'no_reason' | 'reason_of_nothing'; name: string }
  | { what: 'too_many_seats' | 'too_many_grades'; max: number }
)

/** A name as people type it: something to see, no control characters, no space around it. */
export const isName = (name: string) => name.trim() === name && name !== '' && !/\p{Cc}/u.test(name)

export const seatsIn = ({ rows = [], capacity = 0 }: PlanSection) => rows.reduce((sum, row) => sum + row.seats, capacity)
/** A row has its section's grade unless it names its own. */
export const gradeOf = (section: PlanSection, row?: PlanRow) => row?.grade ?? section.grade

/** Seats of the plan by grade, in the order of the plan. */
export function totalsOf(plan: Plan): { grade: string; total: number }[] {
  const totals = new Map<string, number>()
  const add = (grade: string, seats: number) => totals.set(grade, (totals.get(grade) ?? 0) + seats)
  for (const section of plan.sections) {
    if (section.capacity !== undefined) add(section.grade, section.capacity)
    for (const row of section.rows ?? []) add(gradeOf(section, row), row.seats)
  }
  return [...totals].map(([grade, total]) => ({ grade, total }))
}

/** Grades of the plan that have no price. */
export const unpricedGrades = (totals: { grade: string }[], prices: Pick<Price, 'grade'>[]) =>
  totals.map(({ grade }) => grade).filter((grade) => !prices.some((price) => price.grade === grade))

/** Everything in a plan that contradicts itself, in the order of the plan; what a schema can say is not repeated here. */
export function contradictionsOf(plan: Plan): Contradiction[] {
  const { sections } = plan
  const twice = repeated(sections.map(({ name }) => name)).map((section): Contradiction => ({ what: 'section_twice', section, name: sections[section]?.name ?? '' }))
  const inside = sections.flatMap((section, at) => contradictionsIn(section).map((wrong): Contradiction => ({ ...wrong, section: at })))
  const whole: Contradiction[] = []
  if (sections.reduce((sum, section) => sum + seatsIn(section), 0) > concertLimits.seatsMax) whole.push({ what: 'too_many_seats', max: concertLimits.seatsMax })
  if (totalsOf(plan).length > concertLimits.gradesMax) whole.push({ what: 'too_many_grades', max: concertLimits.gradesMax })
  return [...twice, ...inside, ...whole]
}

function contradictionsIn({ name, kind, grade, rows, capacity, shape }: PlanSection): Contradiction[] {
  const wrong: Contradiction[] = []
  if (!isName(name) || !isName(grade)) wrong.push({ what: 'section_name' })
  if (kind === 'standing') {
    if (capacity === undefined) wrong.push({ what: 'no_capacity' })
    if (rows) wrong.push({ what: 'rows_of_standing' })
    return wrong
  }
  if (!rows) return [...wrong, { what: 'no_rows' }]
  if (capacity !== undefined) wrong.push({ what: 'capacity_of_seated' })
  if (shape && isTooTight(rows, shape)) wrong.push({ what: 'curve_too_tight' })
  for (const row of repeated(rows.map((each) => each.name))) wrong.push({ what: 'row_twice', row, name: rows[row]?.name ?? '' })
  return [...wrong, ...rows.flatMap((row, at) => contradictionsInRow(row).map((each): Contradiction => ({ ...each, row: at })))]
}

function contradictionsInRow(row: PlanRow): Contradiction[] {
  const { name, seats } = row
  const wrong: Contradiction[] = []
  if (!isName(name) || (row.grade !== undefined && !isName(row.grade))) wrong.push({ what: 'row_name', name })
  for (const mark of seatMarks) {
    const seat = row[mark]?.find((each) => each > seats)
    if (seat !== undefined) wrong.push({ what: 'mark_beyond', name, mark, seat, seats })
  }
  const blocked = row.blocked?.length ?? 0
  if (blocked > 0 && row.blockedReason === undefined) wrong.push({ what: 'no_reason', name })
  if (blocked === 0 && row.blockedReason !== undefined) wrong.push({ what: 'reason_of_nothing', name })
  return wrong
}

/** Bent so much that the row on the inner side would go all the way around, or have no length left. */
export function isTooTight(rows: readonly PlanRow[], { curve = 0, seatPitch = 1, rowPitch = 1 }: NonNullable<PlanSection['shape']>): boolean {
  if (curve === 0) return false
  const width = Math.max(...rows.map(({ seats }) => seats)) * seatPitch
  return width / ((Math.abs(curve) * Math.PI) / 180) - (rows.length * rowPitch) / 2 < width / (2 * Math.PI)
}

/** Places of names that stood before. */
function repeated(names: string[]): number[] {
  const seen = new Set<string>()
  return names.flatMap((name, at) => {
    if (seen.has(name)) return [at]
    seen.add(name)
    return []
  })
}
