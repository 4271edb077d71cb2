import type { Plan } from '../../src/concert/api.ts'
import { concertLimits as limits } from '../../src/concert/limits.ts'
import { seatMarks } from '../../src/concert/plan-rules.ts'
import { readCsv } from '../../src/concert/plan-text.ts'

/** What is wrong with a file, and at which field of it, such as `sections[2].rows[0].seats`. */
export type Wrong = { place: string } & ({ what: 'json'; detail: string } | { what: 'object' | 'list' | 'missing' | 'unknown' | 'choice' | 'twice' | 'switch' } | { what: 'text' | 'list_length'; max: number } | { what: 'number' | 'whole'; min: number; max: number })
export class BadFile extends Error {
  readonly wrong: Wrong
  constructor(wrong: Wrong) {
    super(`${wrong.place}: ${wrong.what}`)
    this.wrong = wrong
  }
}

/** A plan from a file's text, JSON or CSV as the API has them; throws BadFile or, with a line, Unreadable. */
export const readPlan = (text: string): Plan => (/^\uFEFF?\s*[{[]/.test(text) ? readJson(text) : readCsv(text))

function readJson(text: string): Plan {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    return bad({ place: '', what: 'json', detail: (error as Error).message })
  }
  // what the API answers has a version, what it takes has none
  const { planVersion: _planVersion, ...plan } = isObject(value) ? value : bad({ place: '', what: 'object' })
  planShape(plan, '')
  return plan as Plan
}

type Check = (value: unknown, place: string) => void
const bad = (wrong: Wrong): never => {
  throw new BadFile(wrong)
}
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const text = (max: number): Check => (value, place) => {
  if (typeof value !== 'string' || value.length < 1 || value.length > max) bad({ place, what: 'text', max })
}
const number = (min: number, max: number, whole = false): Check => (value, place) => {
  if (typeof value !== 'number' || !(value >= min && value <= max) || (whole && !Number.isInteger(value))) bad({ place, what: whole ? 'whole' : 'number', min, max })
}
const choice = (...allowed: string[]): Check => (value, place) => {
  if (!allowed.includes(value as string)) bad({ place, what: 'choice' })
}
const onOff: Check = (value, place) => {
  if (typeof value !== 'boolean') bad({ place, what: 'switch' })
}
const list = (check: Check, max: number, min = 1): Check => (value, place) => {
  if (!Array.isArray(value)) return bad({ place, what: 'list' })
  if (value.length < min || value.length > max) bad({ place, what: 'list_length', max })
  for (const [i, each] of value.entries()) check(each, `${place}[${i}]`)
}
const once = (check: Check): Check => (value, place) => {
  check(value, place)
  if (new Set(value as unknown[]).size !== (value as unknown[]).length) bad({ place, what: 'twice' })
}
const exact = (needed: Record<string, Check>, possible: Record<string, Check>): Check => (value, place) => {
  if (!isObject(value)) return bad({ place, what: 'object' })
  const inside = (name: string) => (place === '' ? name : `${place}.${name}`)
  for (const name of Object.keys(needed)) if (!(name in value)) bad({ place: inside(name), what: 'missing' })
  for (const [name, each] of Object.entries(value)) {
    const check = needed[name] ?? possible[name] ?? bad({ place: inside(name), what: 'unknown' })
    check(each, inside(name))
  }
}

const reach = number(-limits.hallReachMax, limits.hallReachMax)
const turn = number(-180, 180)
const pitch = number(limits.pitchMin, limits.pitchMax)
const floor = number(1, limits.floorSizeMax)
const numbers = once(list(number(1, limits.rowSeatsMax, true), limits.rowSeatsMax, 0))
const row = exact({ name: text(limits.rowNameMax), seats: number(1, limits.rowSeatsMax, true) }, { grade: text(limits.gradeNameMax), blockedReason: text(limits.reasonMax), ...Object.fromEntries(seatMarks.map((mark) => [mark, numbers])) })
const shape = exact({ x: reach, y: reach }, { angle: turn, curve: turn, seatPitch: pitch, rowPitch: pitch, mirrored: onOff, width: floor, depth: floor })
const section = exact({ name: text(limits.sectionNameMax), kind: choice('seated', 'standing'), grade: text(limits.gradeNameMax) }, { rows: list(row, limits.rowsMax), capacity: number(1, limits.seatsMax, true), shape })
const planShape = exact({ sections: list(section, limits.sectionsMax) }, {})
