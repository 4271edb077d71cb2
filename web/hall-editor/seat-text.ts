import type { PlanSection } from '../../src/concert/api.ts'

type Sections = readonly Pick<PlanSection, 'name' | 'rows' | 'capacity'>[]
/** Seats as places in plan order, and the parts of the text that name none. */
export type Named = { seats: number[]; unknown: string[] }

/** in the names of one seat */
const commasMax = 8

/**
 * Seats of a text such as `A/3-12..20, A/4-1`: section, row, first and last number. Without a section it is the one
 * at `inSection`. Names may have commas and hyphens themselves.
 */
export function seatsNamed(sections: Sections, text: string, inSection?: number): Named {
  const seats = new Set<number>()
  const unknown: string[] = []
  let waiting: string[] = []
  const giveUp = (parts: string[]) => unknown.push(...parts.map((part) => part.trim()).filter((part) => part !== ''))
  for (const part of text.split(/[,\n]/)) {
    waiting.push(part)
    // a comma may belong to a name: what does not stand alone may do so with what came before
    const from = waiting.findIndex((_, i) => spanOf(sections, waiting.slice(i).join(',').trim(), inSection))
    const found = from < 0 ? undefined : spanOf(sections, waiting.slice(from).join(',').trim(), inSection)
    if (found) {
      giveUp(waiting.slice(0, from))
      for (let i = found.first; i <= found.last; i++) seats.add(i)
      waiting = []
    } else if (waiting.length > commasMax) giveUp(waiting.splice(0, 1))
  }
  giveUp(waiting)
  return { seats: [...seats].sort((a, b) => a - b), unknown }
}

function spanOf(sections: Sections, part: string, inSection: number | undefined): { first: number; last: number } | undefined {
  let before = 0
  for (const [s, { name, rows = [], capacity = 0 }] of sections.entries()) {
    const rest = part.startsWith(`${name}/`) ? part.slice(name.length + 1).trim() : s === inSection ? part : undefined
    for (const row of rows) {
      const span = rest?.startsWith(`${row.name}-`) ? numbersOf(rest.slice(row.name.length + 1), row.name) : undefined
      if (span && span[0] >= 1 && span[0] <= span[1] && span[1] <= row.seats) return { first: before + span[0] - 1, last: before + span[1] - 1 }
      before += row.seats
    }
    before += capacity
  }
  return undefined
}

/** `12`, `12..20` or `12..A-20` */
function numbersOf(text: string, row: string): [first: number, last: number] | undefined {
  const [from = '', to = from, ...more] = text.split('..').map((each) => each.trim())
  const last = to.startsWith(`${row}-`) ? to.slice(row.length + 1) : to
  return more.length === 0 && /^\d{1,3}$/.test(from) && /^\d{1,3}$/.test(last) ? [Number(from), Number(last)] : undefined
}

/** The text that names these seats; of a standing floor none has a name. */
export function textOf(sections: Sections, seats: ReadonlySet<number>): string {
  const parts: string[] = []
  let before = 0
  for (const { name, rows = [], capacity = 0 } of sections) {
    for (const row of rows) {
      for (let i = 0; i < row.seats; i++) {
        if (!seats.has(before + i)) continue
        const first = i
        while (i + 1 < row.seats && seats.has(before + i + 1)) i++
        parts.push(`${name}/${row.name}-${first + 1}${i > first ? `..${i + 1}` : ''}`)
      }
      before += row.seats
    }
    before += capacity
  }
  return parts.join(', ')
}
