import type { SectionShape } from '../../src/concert/api.ts'
import type { MapSeat } from '../wire.ts'
import { type Box, boxAround, edgeOf, type Stand, standOf, straight, toFlat, toHall } from './stand.ts'

export type { Box } from './stand.ts'
/** Flat, before the section's stand: its first seat is at `x`, the next ones `step` further. */
export type Row = { name: string; first: number; last: number; x: number; y: number; step: number; gradeIndex: number }
/** Rows of one grade behind each other, as a part of the flat box. */
export type Band = { gradeIndex: number; first: number; last: number; y: number; h: number }
/** Seats first…last-1 of the plan order; x, y, w, h are flat, `around` is the box it takes in the hall. */
export type Section = Box & { name: string; standing: boolean; grade: string; gradeIndex: number; first: number; last: number; rows: Row[]; bands: Band[]; seatPitch: number; rowPitch: number; stand: Stand; around: Box }
/** One unit is the distance of two seats, 0 the middle of the stage. Index = place in plan order; xs, ys are centres. */
export type Hall = { seats: readonly MapSeat[]; sections: Section[]; sectionOf: Uint16Array; rowOf: Uint16Array; xs: Float32Array; ys: Float32Array; box: Box; stage: { x: number; y: number; w: number } }
export type Shapes = ReadonlyMap<string, SectionShape>

const gap = 2.5
const stageGap = 3.5
const stageRoom = 1.5
const stageMax = 40
const noShapes: Shapes = new Map()

/**
 * Places a plan: sections with a shape where it says; the others, of which only rows and numbers are known, behind them:
 * standing floors in front, then sections in shelves, bent around the stage.
 */
export function layOut(seats: readonly MapSeat[], grades: readonly string[], shapes: Shapes = noShapes): Hall {
  const sections = readSections(seats, grades, shapes)
  const placed = sections.filter(({ name }) => shapes.has(name))
  const behind = placed.length === 0 ? stageGap : Math.max(...placed.map(({ around }) => around.y + around.h)) + gap
  shelve(sections.filter(({ name }) => !shapes.has(name)), behind, placed.length === 0)
  const hall: Hall = {
    seats, sections,
    sectionOf: new Uint16Array(seats.length), rowOf: new Uint16Array(seats.length), xs: new Float32Array(seats.length), ys: new Float32Array(seats.length),
    box: { x: 0, y: 0, w: 0, h: 0 }, stage: { x: 0, y: 0, w: 0 },
  }
  for (const [s, section] of sections.entries()) place(hall, section, s)
  const boxes = sections.map(({ around: { x, y, w, h } }) => ({ left: x, right: x + w, top: y, bottom: y + h }))
  const [left, right] = [Math.min(...boxes.map((box) => box.left)), Math.max(...boxes.map((box) => box.right))]
  hall.stage.w = Math.min((right - left) * 0.6, stageMax)
  const half = hall.stage.w / 2
  const [x, y] = [Math.min(left, -half) - 1, Math.min(-stageRoom, ...boxes.map((box) => box.top)) - 1]
  hall.box = { x, y, w: Math.max(right, half) + 1 - x, h: Math.max(0, ...boxes.map((box) => box.bottom)) + 1 - y }
  return hall
}

function readSections(seats: readonly MapSeat[], grades: readonly string[], shapes: Shapes): Section[] {
  const sections: Section[] = []
  const indexOf = (grade: string) => Math.max(0, grades.indexOf(grade))
  for (const [i, seat] of seats.entries()) {
    let section = sections.at(-1)
    if (section?.name !== seat.section) {
      section = { name: seat.section, standing: seat.kind === 'standing', grade: seat.grade, gradeIndex: indexOf(seat.grade), first: i, last: i, rows: [], bands: [], seatPitch: 1, rowPitch: 1, stand: straight(0, 0, 0), x: 0, y: 0, w: 0, h: 0, around: { x: 0, y: 0, w: 0, h: 0 } }
      sections.push(section)
    }
    section.last = i + 1
    if (section.standing) continue
    const row = section.rows.at(-1)
    if (row?.name === seat.row) row.last = i + 1
    else section.rows.push({ name: seat.row, first: i, last: i + 1, x: 0, y: 0, step: 1, gradeIndex: indexOf(seat.grade) })
  }
  for (const section of sections) measure(section, shapes.get(section.name))
  return sections
}

function measure(section: Section, shape: SectionShape | undefined) {
  const { seatPitch = 1, rowPitch = 1 } = shape ?? {}
  section.seatPitch = seatPitch
  section.rowPitch = rowPitch
  if (section.standing) {
    const { w, h } = floorSize(section.last - section.first)
    section.w = shape?.width ?? w
    section.h = shape?.depth ?? h
  } else {
    section.w = Math.max(...section.rows.map(({ first, last }) => last - first)) * seatPitch
    section.h = section.rows.length * rowPitch
  }
  if (!shape) return
  for (const row of section.rows) row.step = shape.mirrored ? -seatPitch : seatPitch
  stand(section, { x: -section.w / 2, y: -section.h / 2 }, standOf(shape, section.w))
}

/** How large a standing floor is drawn when nobody said: wider than deep. */
export function floorSize(capacity: number) {
  const w = Math.max(12, Math.ceil(Math.sqrt(capacity) * 1.6))
  return { w, h: Math.max(5, Math.ceil(w * 0.4)) }
}

function stand(section: Section, { x, y }: { x: number; y: number }, how: Stand) {
  Object.assign(section, { x, y, stand: how })
  section.around = boxAround(edgeOf(how, section))
}

function shelve(sections: Section[], behind: number, bent: boolean) {
  if (sections.length === 0) return
  const order = [...sections].sort((a, b) => Number(b.standing) - Number(a.standing))
  const area = order.reduce((sum, { w, h }) => sum + (w + gap) * (h + gap), 0)
  const wide = Math.max(...order.map(({ w }) => w), Math.sqrt(area * 1.3))
  const places = new Map<Section, { x: number; y: number }>()
  let [y, widest] = [0, 0]
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
      places.set(section, { x, y })
      x += section.w + gap
    }
    y += Math.max(...shelf.map(({ h }) => h)) + gap
    widest = Math.max(widest, width)
  }
  const how = straight(0, 0, behind, bent ? 2.2 * Math.max(widest, 24) : undefined)
  for (const [section, at] of places) stand(section, at, how)
}

function place(hall: Hall, section: Section, s: number) {
  hall.sectionOf.fill(s, section.first, section.last)
  section.rows.forEach((row, r) => {
    const count = row.last - row.first
    row.y = section.y + (r + 0.5) * section.rowPitch
    row.x = section.x + section.w / 2 - ((count - 1) * row.step) / 2
    for (let i = row.first; i < row.last; i++) {
      hall.rowOf[i] = r
      const [x, y] = toHall(section.stand, row.x + (i - row.first) * row.step, row.y)
      hall.xs[i] = x
      hall.ys[i] = y
    }
  })
  section.bands = bandsOf(section)
}

function bandsOf({ rows, rowPitch, gradeIndex, first, last, y, h }: Section): Band[] {
  const bands: Band[] = []
  for (const row of rows) {
    const band = bands.at(-1)
    if (band?.gradeIndex === row.gradeIndex) Object.assign(band, { last: row.last, h: band.h + rowPitch })
    else bands.push({ gradeIndex: row.gradeIndex, first: row.first, last: row.last, y: row.y - rowPitch / 2, h: rowPitch })
  }
  return bands.length > 0 ? bands : [{ gradeIndex, first, last, y, h }]
}

/** Which grade a seat has, by its place among the grades. */
export function gradeAt(hall: Hall, seat: number): number {
  const section = hall.sections[hall.sectionOf[seat] ?? 0]
  return section?.rows[hall.rowOf[seat] ?? 0]?.gradeIndex ?? section?.gradeIndex ?? 0
}

/** The section, and in a seated one the seat, at a point of the hall; of sections above each other, the last. */
export function hit(hall: Hall, x: number, y: number): { section: Section; seat: number | undefined } | undefined {
  for (const beside of [0, 0.5]) {
    const section = hall.sections.findLast((each) => isIn(each, x, y, beside))
    if (section) return { section, seat: seatAt(section, ...toFlat(section.stand, x, y)) }
  }
  return undefined
}

function isIn(section: Section, hallX: number, hallY: number, beside: number): boolean {
  const [x, y] = toFlat(section.stand, hallX, hallY)
  return x >= section.x - beside && x <= section.x + section.w + beside && y >= section.y - beside && y <= section.y + section.h + beside
}

function seatAt({ rows, y, rowPitch }: Section, flatX: number, flatY: number): number | undefined {
  const row = rows[Math.min(rows.length - 1, Math.max(0, Math.floor((flatY - y) / rowPitch)))]
  if (!row) return undefined
  const at = Math.round((flatX - row.x) / row.step)
  return at >= 0 && at < row.last - row.first ? row.first + at : undefined
}

/** The neighbour of a seat in a direction; over the edge of a section, the nearest seat beyond it. */
export function step(hall: Hall, from: number, dx: number, dy: number): number {
  const section = hall.sections[hall.sectionOf[from] ?? 0]
  const row = section?.rows[hall.rowOf[from] ?? 0]
  if (!section || !row) return from
  // a section that is turned around has its left at the right
  const turned = section.stand.cos < 0 ? -1 : 1
  const along = dx * turned * Math.sign(row.step)
  if (dx !== 0 && from + along >= row.first && from + along < row.last) return from + along
  const next = dy === 0 ? undefined : section.rows[(hall.rowOf[from] ?? 0) + dy * turned]
  if (next) {
    const flatX = row.x + (from - row.first) * row.step
    return Math.min(next.last - 1, Math.max(next.first, next.first + Math.round((flatX - next.x) / next.step)))
  }
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
