import { seatLimits } from './api.ts'
import { type Picture, type SeatInfo, statusCode } from './picture.ts'

/** Seats side by side: one row of a seated section, or a whole standing section; ids `from`…`to` without gaps. */
type Row = {
  section: string
  grade: string
  standing: boolean
  /** place of the section in the plan, and of the row in its section */
  sectionAt: number
  rank: number
  from: number
  to: number
}
type Layout = { rows: Row[]; rowOf: Int32Array; marks: Uint8Array }

/** A copy of a picture in which the seats of those who come first can be claimed, so that picks are disjoint. */
export type Stage = { layout: Layout; states: Uint8Array; free: Int32Array }
export type Wish = { count: number; grade?: string; section?: string; sections: readonly string[] | null; together: boolean }
/** Where a pick may come from: the sections of the sales window, all when null. */
export type Within = { sections: readonly string[] | null }

const mark = { restrictedView: 1, accessible: 2, companion: 4 } as const
// a section counts more than any row in it, and a seat for who needs it is given unasked only when nothing else is left
const sectionCost = 1_000
const restrictedCost = 500
const reservedCost = 1_000_000
/** Four seats aside are as far as one row behind. */
const seatCost = 0.25

export function stageOf({ seats, states }: Picture): Stage {
  const layout = layoutOf(seats)
  const free = new Int32Array(layout.rows.length)
  for (let at = 0; at < states.length; at++)
    if (states[at] === statusCode.available) free[layout.rowOf[at] ?? 0] = (free[layout.rowOf[at] ?? 0] ?? 0) + 1
  return { layout, states: states.slice(), free }
}

/** Seats that somebody before gets, if all goes well: later picks pass over them. */
export function claim(stage: Stage, seatIds: readonly number[]) {
  for (const id of seatIds) change(stage, id, statusCode.held, -1)
}

/**
 * The best free seats: sections and rows in plan order, toward the middle of the row, together in one row; standing
 * entries by lowest number. Without `together`, split into as few pieces as there must be, within one grade.
 */
export function pickBest(stage: Stage, wish: Wish): number[] | undefined {
  const whole = bestRun(stage, wish, wish.count)
  if (whole || wish.together) return whole
  for (const grade of gradesOf(stage, wish)) {
    const pieces = pickPieces(stage, { ...wish, grade })
    if (pieces) return pieces
  }
  return undefined
}

/**
 * Seats equal to these wanted ones: as many, of the same grade and kind, without marks the wanted ones lack, as near as
 * can be. Together in one row unless `together` is false: then what is free is kept and each taken one is replaced.
 */
export function nearestTo(stage: Stage, wanted: readonly number[], { sections, together }: Within & { together: boolean }): number[] | undefined {
  if (together) return nearestRun(stage, wanted, sections)
  const kept = wanted.filter((id) => isFree(stage, id))
  claim(stage, kept)
  const picked: number[] = [...kept]
  for (const id of wanted) {
    if (kept.includes(id)) continue
    const [other] = nearestRun(stage, [id], sections) ?? []
    if (other === undefined) break
    claim(stage, [other])
    picked.push(other)
  }
  unclaim(stage, picked)
  return picked.length === wanted.length ? picked.sort((a, b) => a - b) : undefined
}

/** Up to three disjoint choices instead of these seats: as many, same grade, together, same section first. */
export function alternativesTo(stage: Stage, wanted: readonly number[], { sections }: Within): number[][] {
  const found: number[][] = []
  while (found.length < seatLimits.alternativesMax) {
    const run = nearestRun(stage, wanted, sections)
    if (!run) break
    claim(stage, run)
    found.push(run)
  }
  unclaim(stage, found.flat())
  return found
}

function bestRun(stage: Stage, wish: Wish, count: number): number[] | undefined {
  const { rows, marks } = stage.layout
  let best: { from: number; row: Row; cost: number } | undefined
  for (const [index, row] of rows.entries()) {
    const base = row.sectionAt * sectionCost + row.rank
    if (best && base >= best.cost) break // rows come in plan order: none behind can be better
    if ((stage.free[index] ?? 0) < count || !isWished(row, wish)) continue
    const middle = (row.from + row.to) / 2
    eachRun(stage, row, count, anyMark, (from) => {
      let cost = base + (row.standing ? 0 : Math.abs(from + (count - 1) / 2 - middle) * seatCost)
      for (let id = from; id < from + count; id++) cost += costOfMarks(marks[id - 1] ?? 0)
      if (!best || cost < best.cost) best = { from, row, cost }
    })
  }
  return best && take(stage, best.row, best.from, count, anyMark)
}

function pickPieces(stage: Stage, wish: Wish): number[] | undefined {
  const picked: number[] = []
  for (let size = wish.count; size > 0 && picked.length < wish.count; ) {
    const piece = size > wish.count - picked.length ? undefined : bestRun(stage, wish, size)
    if (piece) {
      claim(stage, piece)
      picked.push(...piece)
    } else size--
  }
  unclaim(stage, picked)
  return picked.length === wish.count ? picked.sort((a, b) => a - b) : undefined
}

function nearestRun(stage: Stage, wanted: readonly number[], sections: readonly string[] | null): number[] | undefined {
  const { rows, rowOf, marks } = stage.layout
  const count = wanted.length
  const homes = wanted.map((id) => rows[rowOf[id - 1] ?? -1])
  const home = homes[0]
  if (!home || homes.some((row) => row?.grade !== home.grade || row.standing !== home.standing)) return undefined
  const allowed = wanted.reduce((sum, id) => sum | (marks[id - 1] ?? 0), 0)
  const centre = wanted.reduce((sum, id) => sum + id, 0) / count - (home.from + home.to) / 2
  let best: { from: number; row: Row; cost: number } | undefined
  const look = (index: number): boolean => {
    const row = rows[index]
    if (!row) return false
    const aside = Math.abs(row.sectionAt - home.sectionAt) * sectionCost
    if (best && best.cost <= (aside || Math.abs(row.rank - home.rank))) return false // farther rows only cost more
    if ((stage.free[index] ?? 0) < count || row.grade !== home.grade || row.standing !== home.standing || !isWithin(row, sections)) return true
    const middle = (row.from + row.to) / 2
    eachRun(stage, row, count, allowed, (from) => {
      const away = Math.abs(from + (count - 1) / 2 - middle - centre) * seatCost
      const cost = aside + Math.abs(row.rank - home.rank) + (row.standing ? 0 : away)
      if (!best || cost < best.cost) best = { from, row, cost }
    })
    return true
  }
  // outward from the wanted row, so that the first finds end the search
  const at = rowOf[(wanted[0] ?? 0) - 1] ?? 0
  for (let before = at, behind = at + 1, up = true, down = true; up || down; before--, behind++) {
    up &&= look(before)
    down &&= look(behind)
  }
  return best && take(stage, best.row, best.from, count, allowed)
}

/** Where `count` free seats begin; entries of a standing section need not be neighbours, so it has one run at most. */
function eachRun(stage: Stage, row: Row, count: number, allowed: number, visit: (from: number) => void) {
  let run = 0
  for (let id = row.from; id <= row.to; id++) {
    if (isFree(stage, id, allowed)) run++
    else if (!row.standing) run = 0
    if (run < count) continue
    visit(row.standing ? row.from : id - count + 1)
    if (row.standing) return
  }
}

function take(stage: Stage, row: Row, from: number, count: number, allowed: number): number[] {
  const ids: number[] = []
  for (let id = from; id <= row.to && ids.length < count; id++) if (isFree(stage, id, allowed)) ids.push(id)
  return ids
}

const anyMark = 7
const isFree = ({ states, layout }: Stage, id: number, allowed = anyMark) =>
  states[id - 1] === statusCode.available && ((layout.marks[id - 1] ?? 0) & ~allowed) === 0
const isWithin = (row: Row, sections: readonly string[] | null) => sections === null || sections.includes(row.section)
const isWished = (row: Row, { grade, section, sections }: Wish) =>
  (grade === undefined || row.grade === grade) && (section === undefined || row.section === section) && isWithin(row, sections)
const gradesOf = ({ layout }: Stage, wish: Wish) =>
  new Set(layout.rows.filter((row) => isWished(row, wish)).map((row) => row.grade))
const costOfMarks = (marks: number) =>
  marks === 0 ? 0 : marks > mark.restrictedView ? reservedCost : restrictedCost

function unclaim(stage: Stage, seatIds: readonly number[]) {
  for (const id of seatIds) change(stage, id, statusCode.available, 1)
}

function change(stage: Stage, id: number, status: number, by: number) {
  if ((stage.states[id - 1] === statusCode.available) === (status === statusCode.available)) return
  stage.states[id - 1] = status
  const row = stage.layout.rowOf[id - 1] ?? 0
  stage.free[row] = (stage.free[row] ?? 0) + by
}

const layouts = new WeakMap<readonly SeatInfo[], Layout>()

/** Rows of a plan; read once, for seats do not change while their plan version stays. */
function layoutOf(seats: readonly SeatInfo[]): Layout {
  const known = layouts.get(seats)
  if (known) return known
  const layout: Layout = { rows: [], rowOf: new Int32Array(seats.length), marks: new Uint8Array(seats.length) }
  let last: SeatInfo | undefined
  for (const seat of seats) {
    const row = layout.rows.at(-1)
    const isSameSection = last?.section === seat.section
    if (row && isSameSection && last?.row === seat.row && last.grade === seat.grade && last.kind === seat.kind) row.to = seat.id
    else {
      const sectionAt = row ? row.sectionAt + (isSameSection ? 0 : 1) : 0
      const rank = row && isSameSection ? row.rank + 1 : 0
      const { section, grade, kind, id } = seat
      layout.rows.push({ section, grade, standing: kind === 'standing', sectionAt, rank, from: id, to: id })
    }
    layout.rowOf[seat.id - 1] = layout.rows.length - 1
    layout.marks[seat.id - 1] = seat.attributes.reduce((sum, name) => sum | (mark[name as keyof typeof mark] ?? 0), 0)
    last = seat
  }
  layouts.set(seats, layout)
  return layout
}
