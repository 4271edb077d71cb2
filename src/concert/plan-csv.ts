import type { Static } from 'typebox'
import { refuse } from '../platform/outcome.ts'
import { concertLimits, type Plan, type PlanRow, type PlanSection } from './api.ts'

type Section = Static<typeof PlanSection>
type Row = Static<typeof PlanRow>

const attributes = ['accessible', 'companion', 'restrictedView', 'aisle'] as const
const columns = ['section', 'kind', 'row', 'seats', 'grade', ...attributes]
const needed = 5
const linesMax = concertLimits.sectionsMax * concertLimits.rowsMax
/** An attribute that names every seat of the longest row has 1,600 characters. */
const cellLengthMax = 2_000

/**
 * A plan as CSV (RFC 4180, UTF-8): one line a row of seats, or a standing section with an empty row; `seats` is the
 * capacity there. The four attribute columns name seats of the row, separated by spaces.
 */
export function csvOf(plan: Plan): string {
  const lines = plan.sections.flatMap(({ name, kind, grade, rows, capacity }) =>
    kind === 'standing'
      ? [[name, kind, '', String(capacity), grade, '', '', '', '']]
      : (rows ?? []).map((row) => [name, kind, row.name, String(row.seats), grade, ...attributes.map((a) => (row[a] ?? []).join(' '))]),
  )
  return [columns, ...lines].map((cells) => `${cells.map((cell) => quoted(asText(cell))).join(',')}\r\n`).join('')
}

/**
 * The plan of a CSV text: columns section, kind, row, seats, grade and, if wanted, the attributes; a header line may
 * lead. Refuses `plan_invalid` with the line that cannot be read; whether the plan is sound is decided elsewhere.
 */
export function planOf(csv: string): Plan {
  const sections = new Map<string, Section>()
  for (const [index, cells] of linesOf(csv).entries()) {
    if ((index === 0 && isHeader(cells)) || cells.every((cell) => cell.trim() === '')) continue
    const wrong = addLine(sections, cells.map((cell) => fromText(cell.trim())))
    if (wrong) refuse('plan_invalid', { detail: `line ${index + 1}: ${wrong}` })
  }
  const plan = { sections: [...sections.values()] }
  if (plan.sections.length === 0) refuse('plan_invalid', { detail: 'there is no section' })
  return plan
}

function addLine(sections: Map<string, Section>, cells: string[]): string | undefined {
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
  if (known && (known.kind !== kind || known.grade !== grade)) return `section ${name} has another kind or grade above`
  const row: Row = { name: rowName, seats }
  for (const [index, attribute] of attributes.entries()) {
    const numbers = (marks[index] ?? '').split(/\s+/).filter((text) => text !== '').map(numberOf)
    if (numbers.some((number) => number === undefined)) return `${attribute} names something that is not a seat`
    if (numbers.length > 0) row[attribute] = [...new Set(numbers as number[])]
  }
  if (known) known.rows?.push(row)
  else sections.set(name, { name, kind, grade, rows: [row] })
  return undefined
}

const isHeader = (cells: string[]) => cells.slice(0, needed).every((cell, i) => cell.trim().toLowerCase() === columns[i])
const numberOf = (text: string) => (/^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined)
const quoted = (cell: string) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
/** A spreadsheet runs a cell that begins like this; an apostrophe before it makes it text, and reading takes one off again. */
const asText = (cell: string) => (/^'*[=+\-@]/.test(cell) ? `'${cell}` : cell)
const fromText = (cell: string) => (/^'+[=+\-@]/.test(cell) ? cell.slice(1) : cell)

/** Cells by line; quoted cells may hold commas and doubled quotes. */
function linesOf(csv: string): string[][] {
  const lines: string[][] = []
  let cells: string[] = []
  let cell = ''
  let inQuotes = false
  const endCell = () => {
    if (cells.push(cell) > columns.length) refuse('plan_invalid', { detail: `line ${lines.length + 1}: more than ${columns.length} columns` })
    cell = ''
  }
  const endLine = () => {
    endCell()
    lines.push(cells)
    if (lines.length > linesMax) refuse('plan_invalid', { detail: `more than ${linesMax} lines` })
    cells = []
  }
  const text = csv.replace(/^\uFEFF/, '')
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (cell.length > cellLengthMax) refuse('plan_invalid', { detail: `line ${lines.length + 1}: a cell is longer than ${cellLengthMax} characters` })
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
  if (inQuotes) refuse('plan_invalid', { detail: 'a quoted cell does not end' })
  endLine()
  return lines
}
