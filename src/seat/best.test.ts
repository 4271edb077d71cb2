import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Plan } from '../concert/api.ts'
import { alternativesTo, claim, nearestTo, pickBest, type Stage, stageOf } from './best.ts'
import type { Picture } from './picture.ts'
import { seatsOf } from './plan-seats.ts'

const rows = (seats: number, count: number, more: object = {}) => Array.from({ length: count }, (_, i) => ({ name: String(i + 1), seats, ...more }))
function stage(plan: Plan, taken: number[] = []): Stage {
  const seats = seatsOf(plan)
  const fresh = stageOf({ seats, states: new Uint8Array(seats.length) } as unknown as Picture)
  claim(fresh, taken)
  return fresh
}
const wish = { sections: null, together: true }
const hall: Plan = { sections: [
  { name: 'A', kind: 'seated', grade: 'R', rows: rows(10, 2) }, // 1–20
  { name: 'B', kind: 'seated', grade: 'R', rows: rows(10, 1) }, // 21–30
  { name: 'C', kind: 'seated', grade: 'S', rows: rows(10, 1) }, // 31–40
  { name: 'F', kind: 'standing', grade: 'F', capacity: 5 }, // 41–45
] }

test('best: the front row, its middle first', () => {
  assert.deepEqual(pickBest(stage(hall), { ...wish, count: 2 }), [5, 6])
  assert.deepEqual(pickBest(stage(hall, [5, 6]), { ...wish, count: 2 }), [3, 4])
})

test('best: a middle seat one row behind is better than one far aside in front', () => {
  assert.deepEqual(pickBest(stage({ sections: [{ name: 'A', kind: 'seated', grade: 'R', rows: rows(40, 2) }] },
    Array.from({ length: 38 }, (_, i) => i + 2)), { ...wish, count: 1 }), [60])
})

test('best keeps to the grade, the section and the window', () => {
  assert.deepEqual(pickBest(stage(hall), { ...wish, count: 1, grade: 'S' }), [35])
  assert.deepEqual(pickBest(stage(hall), { ...wish, count: 1, section: 'B' }), [25])
  assert.deepEqual(pickBest(stage(hall), { ...wish, count: 1, sections: ['B', 'C'] }), [25])
  assert.equal(pickBest(stage(hall), { ...wish, count: 1, grade: 'S', section: 'A' }), undefined)
})

test('best never joins two rows; split it uses few pieces of one grade', () => {
  const small: Plan = { sections: [{ name: 'A', kind: 'seated', grade: 'R', rows: rows(3, 2) }, { name: 'B', kind: 'seated', grade: 'S', rows: rows(2, 1) }] }
  assert.equal(pickBest(stage(small), { ...wish, count: 4 }), undefined)
  assert.deepEqual(pickBest(stage(small), { ...wish, count: 4, together: false }), [1, 2, 3, 5])
  assert.equal(pickBest(stage(small), { ...wish, count: 7, together: false }), undefined)
})

test('best gives seats for who needs them, and seats with a restricted view, only when nothing else is left', () => {
  const plan: Plan = { sections: [{ name: 'A', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 3, accessible: [2], restrictedView: [1] }] }] }
  const here = stage(plan)
  for (const expected of [[3], [1], [2]]) {
    const picked = pickBest(here, { ...wish, count: 1 })
    assert.deepEqual(picked, expected)
    claim(here, picked ?? [])
  }
})

test('standing: the lowest free numbers, neighbours or not', () => {
  assert.deepEqual(pickBest(stage(hall, [42, 44]), { ...wish, count: 3, section: 'F' }), [41, 43, 45])
  assert.deepEqual(nearestTo(stage(hall, [41, 43]), [41, 42], wish), [42, 44])
})

test('nearest: same section first, then another of the same grade, never another grade', () => {
  assert.deepEqual(nearestTo(stage(hall, [5]), [5], wish), [4])
  const full = Array.from({ length: 20 }, (_, i) => i + 1)
  assert.deepEqual(nearestTo(stage(hall, full), [5, 6], wish), [25, 26])
  assert.equal(nearestTo(stage(hall, Array.from({ length: 30 }, (_, i) => i + 1)), [5], wish), undefined)
  assert.equal(nearestTo(stage(hall, full), [5], { together: true, sections: ['A', 'C'] }), undefined)
})

test('nearest gives no wheelchair place and no restricted view to who did not want one', () => {
  const plan: Plan = { sections: [{ name: 'A', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 4, accessible: [2], restrictedView: [3] }] }] }
  assert.deepEqual(nearestTo(stage(plan, [1]), [1], wish), [4])
  assert.deepEqual(nearestTo(stage(plan, [1, 4]), [1], wish), undefined)
})

test('nearest, split when asked: free ones are kept, each taken one replaced in its own grade', () => {
  assert.deepEqual(nearestTo(stage(hall, [5, 35]), [5, 6, 35], { sections: null, together: false }), [4, 6, 34])
  assert.equal(nearestTo(stage(hall, [5]), [5, 35], wish), undefined)
})

test('alternatives: three disjoint choices, nothing is claimed by looking', () => {
  const here = stage(hall, [5, 6])
  const found = alternativesTo(here, [5, 6], wish)
  assert.equal(found.length, 3)
  assert.equal(new Set(found.flat()).size, 6)
  assert.deepEqual(alternativesTo(here, [5, 6], wish), found)
})
