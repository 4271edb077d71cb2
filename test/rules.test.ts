import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

type Rule = { id: string; text: string; keptBy: { file: string; title: string }[] }

const row = /^\| ([A-GW]\d+(?:\.\d+)?) \| (.+?) \| (.+) \|$/
const testCall = /\btest\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g

/** The rules as written; a line that begins like one and cannot be read is an error, not silence. */
function rulesOf(text: string): Rule[] {
  return text.split('\n').filter((line) => /^\| *[A-GW]\d/.test(line)).map((line) => {
    const [, id, rule, keepers] = row.exec(line) ?? assert.fail(`not a rule: ${line.slice(0, 80)}`)
    const keptBy = (keepers as string).split('<br>').map((keeper) => {
      const colon = keeper.indexOf(': ')
      return { file: keeper.slice(0, colon), title: keeper.slice(colon + 2) }
    })
    return { id: id as string, text: rule as string, keptBy }
  })
}

const titlesIn = (source: string) =>
  new Set([...source.matchAll(testCall)].map(([, single, double, template]) => (single ?? double ?? template ?? '').replace(/\\(.)/g, '$1')))

const rules = rulesOf(readFileSync('docs/rules.md', 'utf8'))
const defects = rulesOf(readFileSync('docs/defects.md', 'utf8'))

test('every rule and defect is kept by tests that exist', () => {
  const titles = new Map<string, Set<string>>()
  for (const { id, keptBy } of [...rules, ...defects])
    for (const { file, title } of keptBy) {
      assert.ok(existsSync(file), `${id}: there is no ${file}`)
      if (!titles.has(file)) titles.set(file, titlesIn(readFileSync(file, 'utf8')))
      assert.ok(titles.get(file)?.has(title), `${id}: ${file} has no test "${title}"`)
    }
})

test('a rule has one id, one sentence or more, and its number is its place', () => {
  const ids = rules.map((rule) => rule.id)
  assert.deepEqual(ids.filter((id, index) => ids.indexOf(id) !== index), [])
  for (const { id, text } of rules) assert.match(text, /^[A-Z`].*\.$/, id)
  for (const [subject, own] of Map.groupBy(ids.filter((id) => id.startsWith('F')), (id) => id.split('.')[0]))
    assert.deepEqual(own, own.map((_, index) => `${subject}.${index + 1}`))
  assert.ok(ids.length > 80, `${ids.length} rules`)
})

test('the tests written for the rules and defects are all named by one', () => {
  const named = new Set([...rules, ...defects].flatMap((rule) => rule.keptBy.map(({ file, title }) => `${file}: ${title}`)))
  const written = globSync('test/{rules,defects}-*.test.ts').flatMap((file) => [...titlesIn(readFileSync(file, 'utf8'))].map((title) => `${file}: ${title}`))
  assert.ok(written.length > 30)
  assert.deepEqual(written.filter((name) => !named.has(name)), [])
})

test('every defect of the reference within scope has its test', () => {
  const upTo = (letter: string, count: number) => Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
  const wanted = [...upTo('A', 13), ...upTo('B', 16), ...upTo('C', 12), ...upTo('D', 4), 'D6', 'D8', ...upTo('E', 5), ...upTo('G', 6)]
  assert.deepEqual(defects.map(({ id }) => id), wanted)
})
