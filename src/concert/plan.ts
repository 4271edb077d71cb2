import type { Static } from 'typebox'
import { refuse } from '../platform/outcome.ts'
import { concertLimits, type Plan, type PlanRow, type PlanSection, type Prices, type Show } from './api.ts'

type Section = Static<typeof PlanSection>
type Row = Static<typeof PlanRow>
export type Price = Static<typeof Prices>[number]

const attributes = ['accessible', 'companion', 'restrictedView', 'aisle'] as const
/** The name reservations use for a grade's own price. */
const defaultType = 'default'

/**
 * Refuses `plan_invalid {detail}` unless sections, and rows within a section, are named once, seated sections have
 * rows and standing ones a capacity, and attributes name seats that exist.
 */
export function assertPlan(plan: Plan): void {
  const wrong = firstContradiction(plan)
  if (wrong) refuse('plan_invalid', { detail: wrong })
}

/** Seats of the plan by grade, in the order of the plan. */
export function totalsOf(plan: Plan): Show['totals'] {
  const totals = new Map<string, number>()
  for (const section of plan.sections) totals.set(section.grade, (totals.get(section.grade) ?? 0) + seatsIn(section))
  return [...totals].map(([grade, total]) => ({ grade, total }))
}

/** Refuses `request_invalid` when a grade, or a type within a grade, has two prices. */
export function assertPrices(prices: Price[]): void {
  const twice = duplicate(prices.map(({ grade }) => grade))
  if (twice !== undefined) refuse('request_invalid', { detail: `prices: ${twice} has two prices` })
  for (const { grade, types = [] } of prices) {
    const type = duplicate([defaultType, ...types.map(({ name }) => name)])
    if (type !== undefined) refuse('request_invalid', { detail: `prices: ${grade} has type ${type} twice` })
    if (!isName(grade) || !types.every(({ name }) => isName(name))) refuse('request_invalid', { detail: `prices: name of ${grade}` })
  }
}

/** Grades of the plan that have no price. */
export const unpricedGrades = (totals: Show['totals'], prices: Price[]) =>
  totals.map(({ grade }) => grade).filter((grade) => !prices.some((price) => price.grade === grade))

/** A name as people type it: something to see, no control characters, no space around it. */
export const isName = (name: string) => name.trim() === name && name !== '' && !/\p{Cc}/u.test(name)

function firstContradiction({ sections }: Plan): string | undefined {
  const twice = duplicate(sections.map(({ name }) => name))
  if (twice !== undefined) return `section ${twice} is there twice`
  for (const section of sections) {
    const wrong = contradictionIn(section)
    if (wrong) return `section ${section.name}: ${wrong}`
  }
  if (sections.reduce((sum, section) => sum + seatsIn(section), 0) > concertLimits.seatsMax)
    return `more than ${concertLimits.seatsMax} seats`
  if (new Set(sections.map(({ grade }) => grade)).size > concertLimits.gradesMax)
    return `more than ${concertLimits.gradesMax} grades`
  return undefined
}

function contradictionIn({ name, kind, grade, rows, capacity }: Section): string | undefined {
  if (!isName(name) || !isName(grade)) return 'its name or grade has spaces around it or control characters'
  if (kind === 'standing') return capacity === undefined ? 'standing needs a capacity' : rows && 'standing has no rows'
  if (!rows) return 'seated needs rows'
  if (capacity !== undefined) return 'the capacity of a seated section is its rows'
  const twice = duplicate(rows.map((row) => row.name))
  if (twice !== undefined) return `row ${twice} is there twice`
  return rows.map(contradictionInRow).find((wrong) => wrong !== undefined)
}

function contradictionInRow(row: Row): string | undefined {
  if (!isName(row.name)) return `row ${row.name} has spaces around its name or control characters`
  for (const attribute of attributes) {
    const beyond = row[attribute]?.find((seat) => seat > row.seats)
    if (beyond !== undefined) return `row ${row.name}: ${attribute} names seat ${beyond} of ${row.seats}`
  }
  return undefined
}

const seatsIn = ({ rows = [], capacity = 0 }: Section) => rows.reduce((sum, row) => sum + row.seats, capacity)

function duplicate(names: string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index)
}
