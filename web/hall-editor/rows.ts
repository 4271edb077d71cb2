import type { PlanRow } from '../../src/concert/api.ts'
import { gradeOf, type SeatMark, seatMarks } from '../../src/concert/plan-rules.ts'
import { changeSection, type Draft, type DraftSection, withGrade } from './model.ts'
import { nextName, series } from './names.ts'

/** Rows from…to of a section, both counted from 0. */
export type Range = { from: number; to: number }

const changeRows = (draft: Draft, key: string, change: (row: PlanRow, index: number, section: DraftSection) => PlanRow, range?: Range): Draft =>
  changeSection(draft, key, (section) => (section.rows ? { ...section, rows: section.rows.map((row, i) => (range && (i < range.from || i > range.to) ? row : change(row, i, section))) } : section))

/** More rows at the back like the last one, or fewer. */
export const setRowCount = (draft: Draft, key: string, count: number): Draft =>
  changeSection(draft, key, (section) => {
    const rows = (section.rows ?? []).slice(0, count)
    while (rows.length < count) {
      const { name = '0', seats = 1, grade } = rows.at(-1) ?? {}
      rows.push({ name: nextName(name, rows.map((row) => row.name)), seats, ...(grade === undefined ? {} : { grade }) })
    }
    return { ...section, rows }
  })

export const setRowSeats = (draft: Draft, key: string, seats: number, range?: Range): Draft => changeRows(draft, key, (row) => fitting({ ...row, seats }), range)
export const setCapacity = (draft: Draft, key: string, capacity: number): Draft => changeSection(draft, key, (section) => ({ ...section, capacity }))
export const renameRow = (draft: Draft, key: string, index: number, name: string): Draft => changeRows(draft, key, (row) => ({ ...row, name }), { from: index, to: index })

/** All rows anew from the first one's name on. */
export function renameRows(draft: Draft, key: string, first: string): Draft {
  const section = draft.sections.find((each) => each.key === key)
  const names = series(first, section?.rows?.length ?? 0)
  return changeRows(draft, key, (row, i) => ({ ...row, name: names[i] ?? row.name }))
}

/** The grade of a whole section, or of some of its rows. */
export function setGrade(draft: Draft, key: string, grade: string, range?: Range): Draft {
  const known = withGrade(draft, grade)
  if (!range) return changeRows(changeSection(known, key, (section) => ({ ...section, grade })), key, (row) => without(row, 'grade'))
  return changeRows(known, key, (row, _i, section) => (section.grade === grade ? without(row, 'grade') : { ...row, grade }), range)
}

/** The grade that all of these rows have, if it is one. */
export function gradeIn(section: DraftSection, range?: Range): string | undefined {
  const rows = range ? section.rows?.slice(range.from, range.to + 1) : section.rows
  const grades = new Set(rows?.map((row) => gradeOf(section, row)) ?? [section.grade])
  return grades.size === 1 ? [...grades][0] : undefined
}

/** Puts a mark on seats (places in plan order, from 0), or takes it away. Blocked seats need the reason of their row. */
export function mark(draft: Draft, seats: ReadonlySet<number>, name: SeatMark, on: boolean, reason = ''): Draft {
  let before = 0
  const sections = draft.sections.map((section) => {
    const rows = section.rows?.map((row) => {
      const numbers = Array.from({ length: row.seats }, (_, i) => i + 1).filter((number) => seats.has(before + number - 1))
      before += row.seats
      return numbers.length === 0 ? row : marked(row, numbers, name, on, reason)
    })
    before += section.capacity ?? 0
    return rows ? { ...section, rows } : section
  })
  return { ...draft, sections }
}

function marked(row: PlanRow, numbers: number[], name: SeatMark, on: boolean, reason: string): PlanRow {
  const had = row[name] ?? []
  const has = on ? [...new Set([...had, ...numbers])].sort((a, b) => a - b) : had.filter((number) => !numbers.includes(number))
  const next = has.length > 0 ? { ...row, [name]: has } : without(row, name)
  if (name !== 'blocked') return next
  return has.length > 0 ? { ...next, ...(on ? { blockedReason: reason } : {}) } : without(next, 'blockedReason')
}

/** Without the marks of seats that are gone. */
function fitting(row: PlanRow): PlanRow {
  let next = row
  for (const name of seatMarks) {
    const kept = row[name]?.filter((number) => number <= row.seats)
    if (kept && kept.length < (row[name]?.length ?? 0)) next = kept.length > 0 ? { ...next, [name]: kept } : without(next, name)
  }
  return next.blocked ? next : without(next, 'blockedReason')
}

function without<K extends keyof PlanRow>(row: PlanRow, name: K): PlanRow {
  if (!(name in row)) return row
  const { [name]: _gone, ...rest } = row
  return rest as PlanRow
}
