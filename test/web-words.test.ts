import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { en as organiserEn, ko as organiserKo } from '../web/organiser/words.ts'
import { en as hallEditorEn } from '../web/hall-editor/words-en.ts'
import { ko as hallEditorKo } from '../web/hall-editor/words-ko.ts'
import { en as operatorEn, ko as operatorKo } from '../web/operations/words.ts'
import { en as lineEn } from '../web/line/words-en.ts'
import { ko as lineKo } from '../web/line/words-ko.ts'
import { en as salesEn, ko as salesKo } from '../web/organiser/sales-words.ts'
import { en as stageEn, ko as stageKo } from '../web/stage/words.ts'
import { en } from '../web/words/en.ts'
import { ko } from '../web/words/ko.ts'

type Entry = string | Entry[] | ((...args: never[]) => string) | { [name: string]: Entry }
/** Every sentence by its path, functions called with figures that show where they go. */
function sentences(entry: Entry, path = ''): [string, string][] {
  if (typeof entry === 'string') return [[path, entry]]
  if (typeof entry === 'function') return [[path, (entry as (...args: unknown[]) => string)(...Array.from({ length: entry.length }, (_, i) => 71 + i))]]
  return Object.entries(entry).flatMap(([name, value]) => sentences(value as Entry, path ? `${path}.${name}` : name))
}
const [korean, english] = [sentences({ ...ko, line: lineKo, operations: operatorKo, organiser: organiserKo, sales: salesKo, stage: stageKo, hallEditor: hallEditorKo }), sentences({ ...en, line: lineEn, operations: operatorEn, organiser: organiserEn, sales: salesEn, stage: stageEn, hallEditor: hallEditorEn })]

test('every sentence stands in both languages, none is empty, and both use the same figures', () => {
  assert.deepEqual(korean.map(([path]) => path), english.map(([path]) => path))
  const figures = (text: string) => [...text.matchAll(/7[1-4]/g)].map(String).sort()
  for (const [i, [path, text]] of korean.entries()) {
    const other = english[i]?.[1] ?? ''
    assert.ok(text.trim() !== '' && other.trim() !== '', path)
    assert.deepEqual([...new Set(figures(text))], [...new Set(figures(other))], `${path}: ${text} / ${other}`)
  }
})

test('Korean is Korean, English has none of it except the name of the other language', () => {
  const hangul = /[가-힣]/
  assert.deepEqual(english.filter(([path, text]) => hangul.test(text) && !path.endsWith('.otherLanguage')).map(([path]) => path), [])
  const figuresOnly = (text: string) => text.replace(/[\d\s,.·:₩~/]/g, '') === ''
  assert.deepEqual(korean.filter(([path, text]) => !hangul.test(text) && !figuresOnly(text) && !path.endsWith('.otherLanguage')).map(([path]) => path), [])
})

test('no sentence shouts, grovels or blames', () => {
  for (const [path, text] of [...korean, ...english]) assert.ok(!/!|oops|inconvenience|고객님|죄송/i.test(text), `${path}: ${text}`)
})

test('no page has a Korean sentence outside the dictionary', () => {
  const pages = ['app.tsx', 'pages/home.tsx', 'pages/concert.tsx', 'pages/checkout.tsx', 'pages/reservations.tsx', 'pages/account.tsx', 'pages/wallet.tsx', 'pages/sign.tsx', 'pages/story.tsx', 'hall/room.tsx', 'hall/list.tsx', ...['home', 'concert', 'concert-words', 'add-show', 'show', 'times', 'prices', 'windows', 'limits', 'checking', 'life', 'staff', 'part', 'fields', 'sales', 'charts', 'grade-table', 'small-hall', 'returned', 'buyers', 'buyer', 'refund-seats', 'notes', 'appeals'].map((name) => `organiser/${name}.tsx`), 'line/page.ts', 'line/view.ts']
  const brand = /오픈런/g
  for (const page of pages) assert.ok(!/[가-힣]/.test(readFileSync(new URL(`../web/${page}`, import.meta.url), 'utf8').replace(brand, '')), page)
})

test('whatever is written into the record about a show has a name in the war room', () => {
  const root = new URL('../src/', import.meta.url).pathname
  const sources = globSync('{concert,seat,queue}/*.ts', { cwd: root }).filter((name) => !name.includes('.test.')).map((name) => readFileSync(`${root}${name}`, 'utf8'))
  const written = sources.flatMap((text) => [...text.matchAll(/(?:action: |note\(change, |changeDraft\(.*?, )'((?:show|line|seats)\.\w+)'/g)].map(([, action]) => String(action)))
  assert.ok(new Set(written).size >= 15, `only ${[...new Set(written)]}`)
  assert.deepEqual([...new Set(written)].filter((action) => !operatorKo.audit.actions[action] || !operatorEn.audit.actions[action]), [])
})
