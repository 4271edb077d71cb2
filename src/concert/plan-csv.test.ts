import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Plan } from './api.ts'
import { Refusal } from '../platform/outcome.ts'
import { csvOf, planOf } from './plan-csv.ts'
import { hall } from './testing.ts'

test('a plan survives the way to CSV and back, attributes and commas included (G4: rows and numbers are not lost)', () => {
  assert.deepEqual(planOf(csvOf(hall)), hall)
  assert.equal(csvOf(hall), [
    'section,kind,row,seats,grade,accessible,companion,restrictedView,aisle,blocked,reason',
    'A,seated,1,3,VIP,1,2,,1 3,,', 'A,seated,2,2,VIP,,,,,,', '"B, upper",seated,가,3,R,,,3,,,', '스탠딩,standing,,10,S,,,,,,', '',
  ].join('\r\n'))
})

test('five columns without a header, blank lines, quotes and a byte order mark are read', () => {
  const plan = planOf('\uFEFFA,seated,1,3,VIP\n\n"""B""",seated,"1",2,R\r\n A , seated ,2,4, VIP ')
  assert.deepEqual(plan, {
    sections: [
      { name: 'A', kind: 'seated', grade: 'VIP', rows: [{ name: '1', seats: 3 }, { name: '2', seats: 4 }] },
      { name: '"B"', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 2 }] },
    ],
  })
})

test('what cannot be read is refused with its line', () => {
  const wrong: [string, string][] = [
    ['', 'there is no section'],
    ['section,kind,row,seats,grade', 'there is no section'],
    ['A,seated,1,3', 'line 1: 4 columns instead of 5'],
    ['section,kind,row,seats,grade\nA,seated,1,0,VIP', 'line 2: 0 is not a number of seats'],
    ['A,seated,1,,VIP', 'line 1: nothing is not a number of seats'],
    ['A,lying,1,3,VIP', 'line 1: kind lying is neither seated nor standing'],
    ['A,standing,,3,S\n\nA,seated,2,3,R', 'line 3: section A has another kind above'],
    ['A,standing,,3,S\nA,standing,,3,S', 'line 2: section A is there twice'],
    ['A,standing,1,3,S', 'line 1: standing has no rows'],
    ['A,seated,1,3,VIP,x', 'line 1: accessible names something that is not a seat'],
    ['"A,seated,1,3,VIP', 'a quoted cell does not end'],
    ['A,seated,1,3,VIP,,,,,,,', 'line 1: more than 11 columns'],
    [`A,seated,1,3,VIP\nA,seated,2,3,VIP${','.repeat(8_000_000)}`, 'line 2: more than 11 columns'],
    [`A,seated,1,3,VIP\n${'x'.repeat(8_000_000)}`, 'line 2: a cell is longer than 2000 characters'],
    [`"${'""'.repeat(4_000_000)}"`, 'line 1: a cell is longer than 2000 characters'],
  ]
  for (const [csv, detail] of wrong)
    assert.throws(() => planOf(csv), (error) => error instanceof Refusal && error.code === 'plan_invalid' && error.params.detail === detail, detail)
})

test('a name that a spreadsheet would run as a formula is exported as text, and comes back as it was', () => {
  const names = ['=HYPERLINK("https://evil.example";"seats")', '+1', '-1층', '@SUM(A1)', '＝1+1', '＠SUM', "'＋1", "'=1", "'", "it's"]
  const plan: Plan = {
    sections: names.map((name) => ({ name, kind: 'seated' as const, grade: name, rows: [{ name, seats: 2 }] })),
  }
  const csv = csvOf(plan)
  assert.doesNotMatch(csv, /(^|[,"\n])[=+\-@＝＋－＠]/)
  assert.deepEqual(planOf(csv), plan)
})

test('rows of another grade and blocked seats with their reason survive the way, whatever the reason is', () => {
  const plan: Plan = {
    sections: [{ name: 'A', kind: 'seated', grade: 'VIP', rows: [{ name: '1', seats: 4, blocked: [1, 2], blockedReason: '=초대석, "협찬"' }, { name: '2', seats: 4, grade: 'R' }, { name: '3', seats: 4 }] }],
  }
  assert.deepEqual(planOf(csvOf(plan)), plan)
  assert.deepEqual(planOf('A,seated,1,2,VIP\nA,seated,2,2,R').sections[0]?.rows, [{ name: '1', seats: 2 }, { name: '2', seats: 2, grade: 'R' }])
})
