/** A spreadsheet runs what begins like this, also in the full-width forms that Korean and Japanese keyboards write. As part of a pattern. */
export const formulaStart = '[=+\\-@＝＋－＠]'
const formula = new RegExp(`^(?:${formulaStart}|[\\t\\r])`)
const special = /[",\r\n]/
/** Without it Excel reads Korean as the code page of its machine. */
export const byteOrderMark = '\uFEFF'

/** One line of CSV (RFC 4180). Text that a spreadsheet would run begins with an apostrophe; numbers are as they are. */
export const csvLine = (cells: (string | number | null)[]): string => `${cells.map(cellOf).join(',')}\r\n`

function cellOf(cell: string | number | null): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const text = formula.test(cell) ? `'${cell}` : cell
  return special.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
