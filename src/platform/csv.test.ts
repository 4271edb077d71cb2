import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvLine } from './csv.ts'

test('a line is RFC 4180: commas, quotes and line ends are quoted, null is empty, numbers are bare', () => {
  assert.equal(csvLine(['A', 'B, C', 'say "hi"', 'two\nlines', null, 0, -5_000]), 'A,"B, C","say ""hi""","two\nlines",,0,-5000\r\n')
})

test('text that a spreadsheet would run is text', () => {
  for (const text of ['=1+1', '+82', '-1', '@SUM(A1)', '\tx', '＝cmd', '＠x']) assert.equal(csvLine([text]), `'${text}\r\n`, text)
  assert.equal(csvLine(['=HYPERLINK("http://evil.example")']), `"'=HYPERLINK(""http://evil.example"")"\r\n`)
  assert.equal(csvLine(['\r=1']), `"'\r=1"\r\n`)
  assert.equal(csvLine(['1-1', 'a=b', '가+나']), '1-1,a=b,가+나\r\n')
})
