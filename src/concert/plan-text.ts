import { formulaStart } from '../platform/csv.ts'
import type { Plan, PlanRow, PlanSection } from './api.ts'
import { concertLimits } from './limits.ts'
import { gradeOf, seatMarks } from './plan-rules.ts'

const columns = ['section', 'kind', 'row', 'seats', 'grade', ...seatMarks, 'reason']
const needed = 5
const linesMax = concertLimits.sectionsMax * concertLimits.rowsMax
/** An attribute that names every seat of the longest row has 1,600 characters. */
const cellLengthMax = 2_000

/** What could not be read of a CSV text; `line` counts from 1. */
export class Unreadable extends Error {
  readonly line: number | undefined
  readonly wrong: string
  constructor(wrong: string, line?: number) {
    super(line === undefined ? wrong : `line ${line}: ${wrong}`)
    this.wrong = wrong
    this.line = line
  }
}

/**
 * A plan as CSV (RFC 4180, UTF-8): one line a row of seats, or a standing section with an empty row; `seats` is the
 * capacity there. The five columns of marks name seats of the row, separated by spaces; `reason` is why seats are
 * blocked. How sections stand in the hall has no place in a table.
 */
export function csvOf(plan: Plan): string {
  const lines = plan.sections.flatMap((section) => {
    const { name, kind, grade, rows = [], capacity } = section
    if (kind === 'standing') return [[name, kind, '', String(capacity), grade, ...seatMarks.map(() => ''), '']]
    return rows.map((row) => [name, kind, row.name, String(row.seats), gradeOf(section, row), ...seatMarks.map((mark) => (row[mark] ?? []).join(' ')), row.blockedReason ?? ''])
  })
  return [columns, ...lines].map((cells) => `${cells.map((cell) => quoted(asText(cell))).join(',')}\r\n`).join('')
}

/**
 * The plan of a CSV text: columns section, kind, row, seats, grade and, if wanted, the marks and the reason; a header
 * line may lead. A section has the grade of its first row. Throws `Unreadable`; whether the plan is sound is decided
 * elsewhere.
 */
export function readCsv(csv: string): Plan {
  const sections = new Map<string, PlanSection>()
  for (const [index, cells] of linesOf(csv).entries()) {
    if ((index === 0 && isHeader(cells)) || cells.every((cell) => cell.trim() === '')) continue
    const wrong = addLine(sections, cells.map((cell) => fromText(cell.trim())))
    if (wrong) throw new Unreadable(wrong, index + 1)
  }
  if (sections.size === 0) throw new Unreadable('there is no section')
  return { sections: [...sections.values()] }
}

function addLine(sections: Map<string, PlanSection>, cells: string[]): string | undefined {
  if (cells.length < needed) return `${cells.length} columns instead of ${needed}`
  const [name = '', kind = '', rowName = '', seatsText = '', grade = '', ...marks] = cells
  const seats = numberOf(seatsText)
  if (kind !== 'seated' && kind !== 'standing') return `kind ${kind} is neither seated nor standing`
  if (seats === undefined) return `${seatsText || 'nothing'} is not a number of seats`
  const known = sections.get(name)
  if (kind === 'standing') {
    if (known) return `section ${name} is there twice`
    if (rowName !== '') return 'standing has no rows'
    sections.set(name, { name, kind, grade, capacity: seats })
    return undefined
  }
  if (known && known.kind !== kind) return `section ${name} has another kind above`
  const row: PlanRow = { name: rowName, seats, ...(known && known.grade !== grade ? { grade } : {}) }
  const wrong = addMarks(row, marks)
  if (wrong) return wrong
  if (known) known.rows?.push(row)
  else sections.set(name, { name, kind, grade, rows: [row] })
  return undefined
}

function addMarks(row: PlanRow, cells: string[]): string | undefined {
  for (const [index, mark] of seatMarks.entries()) {
    const numbers = (cells[index] ?? '').split(/\s+/).filter((text) => text !== '').map(numberOf)
    if (numbers.some((number) => number === undefined)) return `${mark} names something that is not a seat`
    if (numbers.length > 0) row[mark] = [...new Set(numbers as number[])]
  }
  const reason = cells[seatMarks.length] ?? ''
  if (reason !== '') row.blockedReason = reason
  return undefined
}

const isHeader = (cells: string[]) => cells.slice(0, needed).every((cell, i) => cell.trim().toLowerCase() === columns[i])
const numberOf = (text: string) => (/^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined)
const quoted = (cell: string) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
const [formula, textOfFormula] = [new RegExp(`^'*${formulaStart}`), new RegExp(`^'+${formulaStart}`)]
/** An apostrophe before what a spreadsheet would run makes it text, and reading takes one off again. */
const asText = (cell: string) => (formula.test(cell) ? `'${cell}` : cell)
const fromText = (cell: string) => (textOfFormula.test(cell) ? cell.slice(1) : cell)

/** Cells by line; quoted cells may hold commas and doubled quotes. */
function linesOf(csv: string): string[][] {
  const lines: string[][] = []
  let cells: string[] = []
  let cell = ''
  let inQuotes = false
  const endCell = () => {
    if (cells.push(cell) > columns.length) throw new Unreadable(`more than ${columns.length} columns`, lines.length + 1)
    cell = ''
  }
  const endLine = () => {
    endCell()
    lines.push(cells)
    if (lines.length > linesMax) throw new Unreadable(`more than ${linesMax} lines`)
    cells = []
  }
  const text = csv.replace(/^\uFEFF/, '')
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (cell.length > cellLengthMax) throw new Unreadable(`a cell is longer than ${cellLengthMax} characters`, lines.length + 1)
    if (inQuotes) {
      if (character !== '"') cell += character
      else if (text[i + 1] === '"') cell += text[i++]
      else inQuotes = false
    } else if (character === '"' && cell.trim() === '') {
      cell = ''
      inQuotes = true
    } else if (character === ',') endCell()
    else if (character === '\n') endLine()
    else if (character !== '\r') cell += character
  }
  if (inQuotes) throw new Unreadable('a quoted cell does not end')
  endLine()
  return lines
}
