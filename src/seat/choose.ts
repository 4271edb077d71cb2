import type { Picture, SeatInfo } from './picture.ts'
import { seatLimits } from './api.ts'

export type Choice = { quantity: number; grade?: string | undefined; section?: string | undefined; sections: string[] | null; together: boolean }
/** how far from the wanted seat, in seat ids, equal seats are looked for: a hall of 50,000 is not sorted for each refusal */
const nearestWithin = 1_000
type Free = (seatId: number) => boolean

/** The best free seats by plan order: side by side if `together`, the lowest entry numbers when standing. */
export function chooseBest(picture: Picture, free: Free, choice: Choice): number[] | undefined {
  const fits = (seat: SeatInfo) => free(seat.id) && (choice.grade === undefined || seat.grade === choice.grade)
    && (choice.section === undefined || seat.section === choice.section) && (choice.sections === null || choice.sections.includes(seat.section))
  return firstRun(picture, fits, choice.quantity) ?? (choice.together ? undefined : firstFew(picture, fits, choice.quantity))
}

/** Whether two seats are neighbours: standing entries always are. */
const adjacent = (a: SeatInfo, b: SeatInfo) => a.section === b.section && b.id === a.id + 1 && (a.kind === 'standing' || a.row === b.row)

function firstRun(picture: Picture, fits: (seat: SeatInfo) => boolean, quantity: number): number[] | undefined {
  let run: SeatInfo[] = []
  for (const seat of picture.seats) {
    const last = run.at(-1)
    if (!fits(seat)) {
      // entries of a standing section need no neighbours
      if (seat.kind === 'seated') run = []
      continue
    }
    if (last && !(seat.kind === 'standing' && last.section === seat.section) && !adjacent(last, seat)) run = []
    run.push(seat)
    if (run.length === quantity) return run.map((each) => each.id)
  }
  return undefined
}

function firstFew(picture: Picture, fits: (seat: SeatInfo) => boolean, quantity: number): number[] | undefined {
  const found: number[] = []
  for (const seat of picture.seats) {
    if (fits(seat)) found.push(seat.id)
    if (found.length === quantity) return found
  }
  return undefined
}

/**
 * Up to `count` groups of equal seats nearest to the wanted ones: as many, of the same grade, same section first, side by
 * side; with `together: false` also single seats. Never another grade, so never dearer.
 */
export function nearestGroups(picture: Picture, free: Free, wanted: number[], options: { together: boolean; sections: string[] | null; count?: number }): number[][] {
  const first = picture.seats[(wanted[0] ?? 0) - 1]
  const grades = new Set(wanted.map((id) => picture.seats[id - 1]?.grade))
  if (!first || grades.size !== 1) return []
  const { count = seatLimits.alternativesMax, sections, together } = options
  const fits = (seat: SeatInfo) => free(seat.id) && seat.grade === first.grade && (sections === null || sections.includes(seat.section))
  const farness = (seat: SeatInfo) => Math.abs(seat.id - first.id) + (seat.section === first.section ? 0 : picture.seats.length)
  const near = picture.seats.slice(Math.max(0, first.id - nearestWithin), first.id + nearestWithin).filter(fits).sort((a, b) => farness(a) - farness(b))
  const groups: number[][] = []
  const used = new Set<number>()
  for (const start of near) {
    const group = groupFrom(picture, start, wanted.length, (seat) => fits(seat) && !used.has(seat.id))
    if (!group) continue
    for (const id of group) used.add(id)
    groups.push(group)
    if (groups.length === count) return groups
  }
  if (groups.length > 0 || together) return groups
  const scattered = near.slice(0, wanted.length)
  return scattered.length === wanted.length ? [scattered.map((seat) => seat.id).sort((a, b) => a - b)] : []
}

function groupFrom(picture: Picture, start: SeatInfo, quantity: number, fits: (seat: SeatInfo) => boolean): number[] | undefined {
  const group: SeatInfo[] = []
  for (let seat: SeatInfo | undefined = start; seat; seat = picture.seats[seat.id]) {
    const last = group.at(-1)
    if (!fits(seat) || (last && !adjacent(last, seat))) return undefined
    group.push(seat)
    if (group.length === quantity) return group.map((each) => each.id)
  }
  return undefined
}
