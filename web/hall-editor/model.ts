import type { Plan, PlanSection, Price, SectionShape } from '../../src/concert/api.ts'
import { concertLimits } from '../../src/concert/limits.ts'
import { gradeOf, totalsOf } from '../../src/concert/plan-rules.ts'
import { seatsOf } from '../../src/seat/plan-seats.ts'
import { type Hall, layOut, type Section } from '../hall/plan.ts'
import { toHall } from '../hall/stand.ts'
import { gradesOf } from '../parts/looks.ts'
import type { MapSeat } from '../wire.ts'
import { nextName } from './names.ts'

/** A hall being made. Keys name sections and grades whose names may be changed, or be wrong for a while. */
export type Draft = { sections: readonly DraftSection[]; prices: readonly DraftPrice[]; made: number }
export type DraftSection = PlanSection & { key: string }
/** null: a grade without a price yet. */
export type DraftPrice = Omit<Price, 'price'> & { key: string; price: number | null }

const gap = 2
const stageGap = 4
const rowsAtFirst = 8
const seatsAtFirst = 16
const floorAtFirst = 200
/** public code of a seat that is not on sale */
export const blockedCode = 3

/** Nothing of the plan is lost: what this editor cannot change stays as it is. `madeBefore`: keys given already. */
export function draftOf(plan: Plan | null, prices: readonly Price[], madeBefore = 0): Draft {
  const unpriced = (plan ? totalsOf(plan) : []).filter(({ grade }) => !prices.some((price) => price.grade === grade))
  const priced: Omit<DraftPrice, 'key'>[] = [...prices, ...unpriced.map(({ grade }) => ({ grade, price: null }))]
  let made = madeBefore
  const key = () => `${++made}`
  return { sections: (plan?.sections ?? []).map((section) => ({ ...section, key: key() })), prices: priced.map((price) => ({ ...price, key: key() })), made }
}

export const planOf = ({ sections }: Pick<Draft, 'sections'>): Plan => ({ sections: sections.map(({ key: _key, ...section }) => section) })
export const pricesOf = ({ prices }: Draft): Price[] => prices.flatMap(({ key: _key, price, ...rest }) => (price === null ? [] : [{ ...rest, price }]))

/** Another plan in place of this one; a section that keeps its name keeps its shape where the new plan has none. */
export function withPlan(draft: Draft, plan: Plan): Draft {
  const shapes = new Map(draft.sections.map(({ name, shape }) => [name, shape]))
  const sections = plan.sections.map((section) => {
    const shape = section.shape ?? shapes.get(section.name)
    return shape ? { ...section, shape } : section
  })
  const fresh = draftOf({ sections }, pricesOf(draft), draft.made)
  return draft.prices.reduce((next, { grade }) => withGrade(next, grade), fresh)
}

/** Grades as fans see them, dearest first; those without a price come last. */
export function gradeOrder({ prices }: Draft): string[] {
  const priced = gradesOf(prices.flatMap(({ grade, price }) => (price === null ? [] : [{ grade, price }])))
  return [...priced, ...prices.filter(({ price }) => price === null).map(({ grade }) => grade)]
}

/** The draft as fans would see it; its sections are in the draft's order, whatever they are called. */
export function hallOf(draft: Draft): Hall {
  const keyed = { sections: draft.sections.map(({ key, rows, ...section }) => ({ ...section, name: key, ...(rows ? { rows: rows.map((row, i) => ({ ...row, name: String(i) })) } : {}) })) }
  const shapes = new Map(draft.sections.flatMap(({ key, shape }): [string, SectionShape][] => (shape ? [[key, shape]] : [])))
  const seats = seatsOf(keyed).map(({ id, ...seat }) => ({ seatId: id, ...seat }))
  const hall = layOut(seats, gradeOrder(draft), shapes)
  for (const [s, section] of hall.sections.entries()) {
    const { name = '', rows = [] } = draft.sections[s] ?? {}
    section.name = name
    for (const [r, row] of section.rows.entries()) row.name = rows[r]?.name ?? ''
    for (let i = section.first; i < section.last; i++) Object.assign(seats[i] as MapSeat, { section: name, row: section.standing ? '' : (section.rows[hall.rowOf[i] ?? 0]?.name ?? '') })
  }
  return hall
}

/** Public codes of a draft's seats: what is blocked in it, the rest free. */
export function statesOf({ sections }: Draft): Uint8Array {
  const codes = sections.flatMap(({ rows, capacity = 0 }) => (rows ?? [{ seats: capacity, blocked: undefined }]).flatMap(({ seats, blocked }) => {
    const row = new Array<number>(seats).fill(0)
    for (const number of blocked ?? []) row[number - 1] = blockedCode
    return row
  }))
  return Uint8Array.from(codes)
}

/** Places by grade, and how many of them are not on sale. */
export function countsOf(hall: Hall, states: Uint8Array): Map<string, { total: number; blocked: number }> {
  const counts = new Map<string, { total: number; blocked: number }>()
  for (const [i, { grade }] of hall.seats.entries()) {
    const count = counts.get(grade) ?? { total: 0, blocked: 0 }
    counts.set(grade, { total: count.total + 1, blocked: count.blocked + (states[i] === blockedCode ? 1 : 0) })
  }
  return counts
}

export const changeSection = (draft: Draft, key: string, change: (section: DraftSection) => DraftSection): Draft => ({ ...draft, sections: draft.sections.map((section) => (section.key === key ? change(section) : section)) })

/** Every section gets the place where it stands now, so that moving one moves no other. */
export function settle(draft: Draft, hall: Hall = hallOf(draft)): Draft {
  if (draft.sections.every(({ shape }) => shape)) return draft
  return { ...draft, sections: draft.sections.map((section, i) => (section.shape ? section : { ...section, shape: shapeFrom(hall.sections[i] as Section) })) }
}

function shapeFrom({ x, y, w, h, stand }: Section): SectionShape {
  const [middle, depth] = [x + w / 2, y + h / 2]
  const [atX, atY] = toHall(stand, middle, depth)
  const place = { x: round(atX), y: round(atY) }
  if (!Number.isFinite(stand.radius)) return place
  const radius = stand.radius + depth
  return { ...place, angle: round((-(middle - stand.middle) / radius / Math.PI) * 180), curve: round((w / radius / Math.PI) * 180) }
}

const round = (n: number) => Math.round(n * 100) / 100
const inReach = (n: number) => round(Math.min(concertLimits.hallReachMax, Math.max(-concertLimits.hallReachMax, n)))

/** Changes how one section stands; `undefined` takes a setting back to what it is without one. */
export function reshape(draft: Draft, key: string, change: { [K in keyof SectionShape]?: SectionShape[K] | undefined }): Draft {
  return changeSection(settle(draft), key, (section) => {
    const shape = { ...section.shape, ...change } as Record<string, unknown>
    for (const name of Object.keys(shape)) if (shape[name] === undefined) delete shape[name]
    return { ...section, shape: shape as SectionShape }
  })
}

export function move(draft: Draft, key: string, dx: number, dy: number): Draft {
  const settled = settle(draft)
  const shape = settled.sections.find((section) => section.key === key)?.shape
  return shape ? reshape(settled, key, { x: inReach(shape.x + dx), y: inReach(shape.y + dy) }) : draft
}

/** A new section behind the others, of the first grade; answers its key too. */
export function add(draft: Draft, kind: DraftSection['kind'], words: { grade: string; floor: string }): { draft: Draft; key: string } {
  const hall = draft.sections.length > 0 ? hallOf(draft) : undefined
  const settled = hall ? settle(draft, hall) : draft
  const grade = gradeOrder(draft)[0] ?? words.grade
  const key = `${draft.made + 1}`
  const names = draft.sections.map(({ name }) => name)
  const behind = hall ? hall.box.y + hall.box.h + 1 : stageGap
  const section: DraftSection = kind === 'seated'
    ? { key, name: nextName('A', names), kind, grade, rows: Array.from({ length: rowsAtFirst }, (_, i) => ({ name: String(i + 1), seats: seatsAtFirst })), shape: { x: 0, y: round(behind + rowsAtFirst / 2) } }
    : { key, name: names.includes(words.floor) ? nextName(`${words.floor} 2`, names) : words.floor, kind, grade, capacity: floorAtFirst, shape: { x: 0, y: round(behind + 5), width: 24, depth: 10 } }
  return { draft: withGrade({ ...settled, sections: [...settled.sections, section], made: draft.made + 1 }, grade), key }
}

/** The same section again beside the first, or on the other side of the hall. */
export function duplicate(draft: Draft, key: string, how: 'beside' | 'across'): { draft: Draft; key: string } {
  const hall = hallOf(draft)
  const settled = settle(draft, hall)
  const at = settled.sections.findIndex((section) => section.key === key)
  const original = settled.sections[at]
  if (!original?.shape) return { draft, key }
  const { x, angle = 0, mirrored = false } = original.shape
  const { angle: _angle, mirrored: _mirrored, ...kept } = original.shape
  const shape: SectionShape = how === 'across'
    ? { ...kept, x: -x, ...(angle === 0 ? {} : { angle: -angle }), ...(mirrored || original.kind === 'standing' ? {} : { mirrored: true }) }
    : { ...original.shape, x: inReach(x + (hall.sections[at]?.around.w ?? 0) + gap) }
  const copy = { ...original, shape, key: `${draft.made + 1}`, name: nextName(original.name, settled.sections.map(({ name }) => name)) }
  return { draft: { ...settled, sections: settled.sections.toSpliced(at + 1, 0, copy), made: draft.made + 1 }, key: copy.key }
}

export const remove = (draft: Draft, key: string): Draft => {
  const settled = settle(draft)
  return { ...settled, sections: settled.sections.filter((section) => section.key !== key) }
}

/** Earlier or later in the plan: the best seats are looked for in this order. */
export function reorder(draft: Draft, key: string, by: -1 | 1): Draft {
  const at = draft.sections.findIndex((section) => section.key === key)
  const [section, other] = [draft.sections[at], draft.sections[at + by]]
  if (!section || !other) return draft
  const settled = settle(draft)
  return { ...settled, sections: settled.sections.with(at, settled.sections[at + by] as DraftSection).with(at + by, settled.sections[at] as DraftSection) }
}

/** A grade that is not there yet joins the list, without a price. */
export function withGrade(draft: Draft, grade: string): Draft {
  if (draft.prices.some((price) => price.grade === grade)) return draft
  return { ...draft, prices: [...draft.prices, { key: `${draft.made + 1}`, grade, price: null }], made: draft.made + 1 }
}

/** Another name for a grade, wherever it stands; one that is taken or empty changes nothing. */
export function renameGrade(draft: Draft, key: string, name: string): Draft {
  const grade = name.trim()
  const old = draft.prices.find((price) => price.key === key)?.grade
  if (old === undefined || grade === '' || draft.prices.some((price) => price.grade === grade)) return draft
  const other = (value: string) => (value === old ? grade : value)
  return {
    ...draft,
    prices: draft.prices.map((price) => ({ ...price, grade: other(price.grade) })),
    sections: draft.sections.map((section) => ({ ...section, grade: other(section.grade), ...(section.rows ? { rows: section.rows.map((row) => (row.grade === undefined ? row : { ...row, grade: other(row.grade) })) } : {}) })),
  }
}

export const setPrice = (draft: Draft, key: string, price: number | null): Draft => ({ ...draft, prices: draft.prices.map((each) => (each.key === key ? { ...each, price } : each)) })
export const isGradeUsed = ({ sections }: Draft, grade: string) => sections.some((section) => section.grade === grade || section.rows?.some((row) => gradeOf(section, row) === grade))
export const removeGrade = (draft: Draft, key: string): Draft => ({ ...draft, prices: draft.prices.filter((price) => price.key !== key || isGradeUsed(draft, price.grade)) })
