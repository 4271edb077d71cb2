import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

type Rule = { id: string; text: string; keptBy: { file: string; title: string }[] }

const row = /^\| ([WF]\d+(?:\.\d+)?) \| (.+?) \| (.+) \|$/
const testCall = /\btest\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g

/** The rules as written; a line that begins like one and cannot be read is an error, not silence. */
function rulesOf(text: string): Rule[] {
  return text.split('\n').filter((line) => /^\| *[WF]\d/.test(line)).map((line) => {
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

test('every rule is kept by tests that exist', () => {
  const titles = new Map<string, Set<string>>()
  for (const { id, keptBy } of rules)
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

test('the tests written for the rules are all named by one', () => {
  const named = new Set(rules.flatMap((rule) => rule.keptBy.map(({ file, title }) => `${file}: ${title}`)))
  const written = globSync('test/rules-*.test.ts').flatMap((file) => [...titlesIn(readFileSync(file, 'utf8'))].map((title) => `${file}: ${title}`))
  assert.ok(written.length > 30)
  assert.deepEqual(written.filter((name) => !named.has(name)), [])
})
