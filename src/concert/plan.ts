import { refuse } from '../platform/outcome.ts'
import type { Plan, Price } from './api.ts'
import { type Contradiction, contradictionsOf, isName } from './plan-rules.ts'

/** The name reservations use for a grade's own price. */
const defaultType = 'default'

/**
 * Refuses `plan_invalid {detail}` unless sections, and rows within a section, are named once, seated sections have
 * rows and standing ones a capacity, attributes name seats that exist, and blocked seats have a reason.
 */
export function assertPlan(plan: Plan): void {
  const [wrong] = contradictionsOf(plan)
  if (wrong) refuse('plan_invalid', { detail: sentenceOf(plan, wrong) })
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

function sentenceOf({ sections }: Plan, wrong: Contradiction): string {
  const said = whatIsWrong(wrong)
  return wrong.section === undefined || wrong.what === 'section_twice' ? said : `section ${sections[wrong.section]?.name}: ${said}`
}

function whatIsWrong(wrong: Contradiction): string {
  switch (wrong.what) {
    case 'section_twice': return `section ${wrong.name} is there twice`
    case 'section_name': return 'its name or grade has spaces around it or control characters'
    case 'no_capacity': return 'standing needs a capacity'
    case 'rows_of_standing': return 'standing has no rows'
    case 'no_rows': return 'seated needs rows'
    case 'capacity_of_seated': return 'the capacity of a seated section is its rows'
    case 'curve_too_tight': return 'its curve is too tight for its rows'
    case 'row_twice': return `row ${wrong.name} is there twice`
    case 'row_name': return `row ${wrong.name} has spaces around its name or grade, or control characters`
    case 'mark_beyond': return `row ${wrong.name}: ${wrong.mark} names seat ${wrong.seat} of ${wrong.seats}`
    case 'no_reason': return `row ${wrong.name}: blocked seats need a blockedReason`
    case 'reason_of_nothing': return `row ${wrong.name}: a blockedReason without blocked seats`
    case 'too_many_seats': return `more than ${wrong.max} seats`
    case 'too_many_grades': return `more than ${wrong.max} grades`
  }
}

function duplicate(names: string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index)
}
