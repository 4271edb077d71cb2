import type { MapSeat } from '../wire.ts'

export type Row = { name: string; first: number; last: number; y: number; x: number }
/** Seats first…last-1 of the plan order; the box is flat, before the hall's curve. */
export type Section = { name: string; standing: boolean; grade: string; gradeIndex: number; first: number; last: number; rows: Row[]; x: number; y: number; w: number; h: number }
/** One unit is the distance of two seats. Index = place in plan order; x, y are centres after the curve. */
export type Hall = { seats: readonly MapSeat[]; sections: Section[]; sectionOf: Uint16Array; rowOf: Uint16Array; xs: Float32Array; ys: Float32Array; box: Box; middle: number; curve: number; stage: { x: number; y: number; w: number } }
export type Box = { x: number; y: number; w: number; h: number }

const gap = 2.5
const stageRoom = 5

/** Places a plan that only knows sections, rows and numbers: standing floors in front, then sections in shelves, bent around the stage. */
export function layOut(seats: readonly MapSeat[], grades: readonly string[]): Hall {
  const sections = readSections(seats, grades)
  shelve(sections)
  const right = Math.max(...sections.map(({ x, w }) => x + w))
  const left = Math.min(...sections.map(({ x }) => x))
  const middle = (left + right) / 2
  const width = right - left
  const curve = 1 / (4.4 * Math.max(width, 24))
  const hall: Hall = {
    seats, sections, middle, curve,
    sectionOf: new Uint16Array(seats.length), rowOf: new Uint16Array(seats.length), xs: new Float32Array(seats.length), ys: new Float32Array(seats.length),
    box: { x: left, y: -stageRoom, w: width, h: 0 }, stage: { x: middle, y: -stageRoom + 1.5, w: Math.min(width * 0.6, 40) },
  }
  for (const [s, section] of sections.entries()) place(hall, section, s)
  const bottom = Math.max(...sections.map(({ y, h }) => y + h))
  const lift = (width / 2) ** 2 * curve
  // the ends of a wide hall reach further up than its stage
  const top = Math.min(-stageRoom, -lift) - 1
  hall.box = { x: left - 1, y: top, w: width + 2, h: bottom - top + 1 }
  return hall
}

function readSections(seats: readonly MapSeat[], grades: readonly string[]): Section[] {
  const sections: Section[] = []
  for (const [i, seat] of seats.entries()) {
    let section = sections.at(-1)
    if (section?.name !== seat.section) {
      section = { name: seat.section, standing: seat.kind === 'standing', grade: seat.grade, gradeIndex: Math.max(0, grades.indexOf(seat.grade)), first: i, last: i, rows: [], x: 0, y: 0, w: 0, h: 0 }
      sections.push(section)
    }
    section.last = i + 1
    if (section.standing) continue
    const row = section.rows.at(-1)
    if (row?.name === seat.row) row.last = i + 1
    else section.rows.push({ name: seat.row, first: i, last: i + 1, x: 0, y: 0 })
  }
  for (const section of sections) {
    const count = section.last - section.first
    section.w = section.standing ? Math.max(12, Math.ceil(Math.sqrt(count) * 1.6)) : Math.max(...section.rows.map(({ first, last }) => last - first))
    section.h = section.standing ? Math.max(5, Math.ceil(section.w * 0.4)) : section.rows.length
  }
  return sections
}

function shelve(sections: Section[]) {
  const order = [...sections].sort((a, b) => Number(b.standing) - Number(a.standing))
  const area = order.reduce((sum, { w, h }) => sum + (w + gap) * (h + gap), 0)
  const wide = Math.max(...order.map(({ w }) => w), Math.sqrt(area * 1.3))
  let y = 0
  for (let i = 0; i < order.length; ) {
    const shelf: Section[] = []
    let width = 0
    while (i < order.length && (shelf.length === 0 || width + gap + (order[i] as Section).w <= wide)) {
      const next = order[i++] as Section
      width += (shelf.length > 0 ? gap : 0) + next.w
      shelf.push(next)
    }
    let x = -width / 2
    for (const section of shelf) {
      section.x = x
      section.y = y
      x += section.w + gap
    }
    y += Math.max(...shelf.map(({ h }) => h)) + gap
  }
}

function place(hall: Hall, section: Section, s: number) {
  hall.sectionOf.fill(s, section.first, section.last)
  section.rows.forEach((row, r) => {
    row.y = section.y + r + 0.5
    row.x = section.x + (section.w - (row.last - row.first)) / 2 + 0.5
    for (let i = row.first; i < row.last; i++) {
      hall.rowOf[i] = r
      const x = row.x + i - row.first
      hall.xs[i] = x
      hall.ys[i] = bend(hall, x, row.y)
    }
  })
}

export const bend = ({ middle, curve }: Pick<Hall, 'middle' | 'curve'>, x: number, y: number) => y - (x - middle) ** 2 * curve
export const flatten = ({ middle, curve }: Pick<Hall, 'middle' | 'curve'>, x: number, y: number) => y + (x - middle) ** 2 * curve

/** The section, and in a seated one the seat, at a point of the hall. */
export function hit(hall: Hall, x: number, y: number): { section: Section; seat: number | undefined } | undefined {
  const flat = flatten(hall, x, y)
  const section = hall.sections.find((each) => x >= each.x - 0.5 && x <= each.x + each.w + 0.5 && flat >= each.y - 0.5 && flat <= each.y + each.h + 0.5)
  if (!section) return undefined
  const row = section.rows[Math.min(section.rows.length - 1, Math.max(0, Math.floor(flat - section.y)))]
  if (!row) return { section, seat: undefined }
  const at = Math.round(x - row.x)
  return { section, seat: at >= 0 && at < row.last - row.first ? row.first + at : undefined }
}

/** The neighbour of a seat in a direction; over the edge of a section, the nearest seat beyond it. */
export function step(hall: Hall, from: number, dx: number, dy: number): number {
  const section = hall.sections[hall.sectionOf[from] ?? 0]
  const row = section?.rows[hall.rowOf[from] ?? 0]
  if (!section || !row) return from
  if (dx !== 0 && from + dx >= row.first && from + dx < row.last) return from + dx
  const next = dy === 0 ? undefined : section.rows[(hall.rowOf[from] ?? 0) + dy]
  if (next) return Math.min(next.last - 1, Math.max(next.first, next.first + Math.round((hall.xs[from] ?? 0) - next.x)))
  return nearest(hall, (hall.xs[from] ?? 0), (hall.ys[from] ?? 0), (x, y) => (dx !== 0 ? Math.sign(x) === dx && Math.abs(y) < 4 : Math.sign(y) === dy && Math.abs(y) > 1.2)) ?? from
}

export function nearest(hall: Hall, x: number, y: number, fits: (dx: number, dy: number, index: number) => boolean): number | undefined {
  let best: number | undefined
  let least = Number.POSITIVE_INFINITY
  for (const section of hall.sections) {
    if (section.standing) continue
    for (let i = section.first; i < section.last; i++) {
      const [dx, dy] = [(hall.xs[i] ?? 0) - x, (hall.ys[i] ?? 0) - y]
      const distance = dx * dx + dy * dy * 1.5
      if (distance > 0 && distance < least && fits(dx, dy, i)) {
        best = i
        least = distance
      }
    }
  }
  return best
}

/** 1…n, for choices. */
export const countTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
