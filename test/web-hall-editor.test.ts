import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Plan, PlanRow, PlanSection, SectionShape } from '../src/concert/api.ts'
import { concertLimits } from '../src/concert/limits.ts'
import { assertPlan } from '../src/concert/plan.ts'
import { seatMarks, seatsIn, totalsOf } from '../src/concert/plan-rules.ts'
import { csvOf } from '../src/concert/plan-text.ts'
import { seatsOf } from '../src/seat/plan-seats.ts'
import { hit } from '../web/hall/plan.ts'
import { toFlat, toHall } from '../web/hall/stand.ts'
import { findingsOf } from '../web/hall-editor/findings.ts'
import { begin, edit, redo, undo } from '../web/hall-editor/history.ts'
import { add, type Draft, draftOf, duplicate, gradeOrder, hallOf, move, planOf, pricesOf, remove, removeGrade, renameGrade, reorder, reshape, setPrice, settle, statesOf, withPlan } from '../web/hall-editor/model.ts'
import { following, series } from '../web/hall-editor/names.ts'
import { BadFile, readPlan } from '../web/hall-editor/read-plan.ts'
import { gradeIn, mark, renameRows, setCapacity, setGrade, setRowCount, setRowSeats } from '../web/hall-editor/rows.ts'
import { seatsNamed, textOf } from '../web/hall-editor/seat-text.ts'
import { startNames, starts } from '../web/hall-editor/starts.ts'

const names = fc.stringMatching(/^[A-Z가-힣](?:[-,/ A-Z가-힣0-9]{0,5}[A-Z가-힣0-9])?$/)
const grades = fc.constantFrom('VIP', 'R', 'S', '청소년')
const hundredths = (max: number) => fc.integer({ min: -max * 100, max: max * 100 }).map((n) => n / 100)
const maybe = <T extends object>(one: fc.Arbitrary<T>) => fc.option(one, { nil: {} as T })
const shapes: fc.Arbitrary<SectionShape> = fc.tuple(fc.record({ x: hundredths(90), y: hundredths(90) }), fc.record({ angle: fc.integer({ min: -180, max: 180 }), curve: fc.integer({ min: -20, max: 20 }), mirrored: fc.boolean(), rowPitch: fc.constantFrom(1, 1.5) }, { requiredKeys: [] })).map(([place, more]) => ({ ...place, ...more }))
const rows: fc.Arbitrary<PlanRow[]> = fc.array(fc.integer({ min: 1, max: 12 }).chain((seats) => fc.record({
  name: names, seats: fc.constant(seats), more: maybe(fc.record({ grade: grades })),
  marks: fc.record(Object.fromEntries(seatMarks.map((mark) => [mark, fc.uniqueArray(fc.integer({ min: 1, max: seats }), { minLength: 1 })])), { requiredKeys: [] }),
})), { minLength: 1, maxLength: 5 }).map((list) => list.map(({ name, seats, more, marks }, i) => ({ name: `${name}${i}`, seats, ...more, ...marks, ...('blocked' in marks ? { blockedReason: '초대석, "협찬"' } : {}) })))
const sections: fc.Arbitrary<PlanSection> = fc.tuple(names, grades, fc.oneof(rows, fc.integer({ min: 1, max: 60 })), maybe(shapes.map((shape) => ({ shape })))).map(([name, grade, inside, shape]) =>
  (Array.isArray(inside) ? { name, kind: 'seated' as const, grade, rows: inside, ...shape } : { name, kind: 'standing' as const, grade, capacity: inside, ...shape }))
const plans: fc.Arbitrary<Plan> = fc.uniqueArray(sections, { minLength: 1, maxLength: 6, selector: ({ name }) => name }).map((list) => ({ sections: list }))
const total = (plan: Plan) => plan.sections.reduce((sum, section) => sum + seatsIn(section), 0)
const firstKey = (draft: Draft) => draft.sections[0]?.key ?? ''

test('any plan of the API opens and is saved as it was, marks, grades of rows, blocks and shapes included; so are its prices', () => {
  const prices = [{ grade: 'VIP', price: 150_000 }, { grade: '회원', price: 0, types: [{ name: '청소년', price: 90_000, proofAtDoor: true }] }]
  fc.assert(fc.property(plans, (plan) => {
    assertPlan(plan)
    const draft = draftOf(plan, prices)
    assert.deepEqual(planOf(draft), plan)
    assert.deepEqual(pricesOf(draft), prices)
    assert.deepEqual(readPlan(JSON.stringify({ planVersion: 3, ...plan })), plan)
    const shown = hallOf(draft)
    assert.deepEqual(shown.seats.map(({ section, row, number, grade }) => [section, row, number, grade]), seatsOf(plan).map(({ section, row, number, grade }) => [section, row, number, grade]))
    assert.deepEqual(shown.sections.map(({ name }) => name), plan.sections.map(({ name }) => name))
    assert.equal(statesOf(draft).length, total(plan))
  }))
})

test('settling, moving, turning, ordering and undoing lose no seat and no mark; every seat is hit where it stands', () => {
  fc.assert(fc.property(plans, fc.integer({ min: 0, max: 5 }), (plan, pick) => {
    const draft = draftOf(plan, [])
    const key = draft.sections[pick % draft.sections.length]?.key ?? ''
    const changed = reshape(move(settle(draft), key, 300, -40), key, { angle: 30 })
    const plain = (each: Plan) => each.sections.map(({ shape: _shape, ...section }) => section)
    assert.deepEqual(plain(planOf(changed)), plain(plan))
    assert.deepEqual(planOf(reorder(reorder(changed, key, 1), key, pick % draft.sections.length === draft.sections.length - 1 ? 1 : -1)), planOf(changed))
    const alone = hallOf({ ...changed, sections: changed.sections.filter((section) => section.key === key) })
    for (const [i, seat] of alone.seats.entries()) if (seat.kind === 'seated') assert.equal(hit(alone, alone.xs[i] ?? 0, alone.ys[i] ?? 0)?.seat, i)
    const history = edit(begin(draft), changed)
    assert.equal(undo(history).now, draft)
    assert.equal(redo(undo(history)).now, changed)
  }), { numRuns: 60 })
})

test('a point of a section and a point of the hall lead to each other, bent either way and turned', () => {
  for (const curve of [0, 35, -35, 170]) for (const angle of [0, 40, -135]) {
    const draft = draftOf({ sections: [{ name: 'A', kind: 'seated', grade: 'R', rows: Array.from({ length: 6 }, (_, i) => ({ name: String(i), seats: 20 })), shape: { x: 7, y: 30, curve, angle } }] }, [])
    const [section] = hallOf(draft).sections
    assert.ok(section)
    for (const [x, y] of [[-9.5, -2.5], [0, 0], [9.5, 2.5], [4, -1]] as const) {
      const [backX, backY] = toFlat(section.stand, ...toHall(section.stand, x, y))
      assert.ok(Math.abs(backX - x) < 1e-9 && Math.abs(backY - y) < 1e-9, `${curve}° ${angle}°: ${x}, ${y} came back as ${backX}, ${backY}`)
    }
    const middle = toHall(section.stand, 0, 0)
    assert.ok(Math.hypot(middle[0] - 7, middle[1] - 30) < 1e-9, 'its middle stands where the shape says')
  }
})

test('seats stand at the distances a section says, and are counted from the end it says', () => {
  const rows = [{ name: '1', seats: 3 }, { name: '2', seats: 5 }]
  const at = (shape: SectionShape) => {
    const { xs, ys } = hallOf(draftOf({ sections: [{ name: 'A', kind: 'seated', grade: 'R', rows, shape }] }, []))
    return [...xs].map((x, i) => `${x},${ys[i]}`).join(' ')
  }
  assert.equal(at({ x: 10, y: 20, seatPitch: 2, rowPitch: 3 }), '8,18.5 10,18.5 12,18.5 6,21.5 8,21.5 10,21.5 12,21.5 14,21.5')
  assert.equal(at({ x: 10, y: 20, mirrored: true }), '11,19.5 10,19.5 9,19.5 12,20.5 11,20.5 10,20.5 9,20.5 8,20.5')
  const turned = hallOf(draftOf({ sections: [{ name: 'A', kind: 'seated', grade: 'R', rows, shape: { x: 0, y: 0, angle: 90 } }] }, []))
  assert.ok(Math.abs((turned.xs[1] ?? 0) - 0.5) < 1e-6 && Math.abs(turned.ys[1] ?? 0) < 1e-6, 'turned clockwise, its front looks to the right')
})

test('a hall that was placed by itself keeps its look when its first section is moved', () => {
  const plan: Plan = { sections: [...'ABCDEFGHIJKL'].map((name) => ({ name, kind: 'seated', grade: 'R', rows: [1, 2, 3, 4].map((row) => ({ name: String(row), seats: 10 })) })) }
  const draft = draftOf(plan, [])
  const before = hallOf(draft)
  const settled = settle(draft)
  const after = hallOf(settled)
  for (let i = 0; i < before.xs.length; i++) {
    const aside = Math.hypot((before.xs[i] ?? 0) - (after.xs[i] ?? 0), (before.ys[i] ?? 0) - (after.ys[i] ?? 0))
    assert.ok(aside < 0.75, `seat ${i} went ${aside} aside`)
  }
  const moved = hallOf(move(draft, firstKey(draft), 5, 0))
  assert.ok(new Set(settled.sections.map(({ shape }) => shape?.angle)).size > 2, 'those at the sides are turned')
  for (let i = 40; i < 480; i++) assert.equal(moved.xs[i], after.xs[i])
  assert.equal(settle(settled), settled)
})

test('rows are added like the last, renamed in their series, cut with their marks; grades of rows go with their section', () => {
  let draft = draftOf({ sections: [{ name: 'A', kind: 'seated', grade: 'R', rows: [{ name: 'Y', seats: 3, accessible: [1, 3], blocked: [3], blockedReason: 'camera' }] }, { name: 'F', kind: 'standing', grade: 'S', capacity: 5 }] }, [])
  const [a, f] = [firstKey(draft), draft.sections[1]?.key ?? '']
  draft = setRowCount(draft, a, 3)
  assert.deepEqual(draft.sections[0]?.rows?.map(({ name }) => name), ['Y', 'Z', 'AA'])
  draft = setRowSeats(setCapacity(draft, f, 9), a, 2)
  assert.deepEqual(planOf(draft).sections.map(({ rows, capacity }) => rows ?? capacity), [[{ name: 'Y', seats: 2, accessible: [1] }, { name: 'Z', seats: 2 }, { name: 'AA', seats: 2 }], 9])
  draft = setGrade(renameRows(draft, a, '가'), a, 'VIP', { from: 1, to: 2 })
  assert.deepEqual(totalsOf(planOf(draft)), [{ grade: 'R', total: 2 }, { grade: 'VIP', total: 4 }, { grade: 'S', total: 9 }])
  assert.deepEqual(draft.sections[0]?.rows?.map(({ name }) => name), ['가', '나', '다'])
  const [section] = draft.sections
  assert.ok(section)
  assert.deepEqual([gradeIn(section), gradeIn(section, { from: 1, to: 2 })], [undefined, 'VIP'])
  const whole = setGrade(draft, a, 'S')
  assert.deepEqual(totalsOf(planOf(whole)), [{ grade: 'S', total: 15 }])
  assert.deepEqual(setGrade(draft, a, 'R', { from: 0, to: 2 }).sections[0]?.rows?.some((row) => 'grade' in row), false)
  assert.deepEqual([series('9', 3), series('Z', 2), series('하', 2), following('VIP 3'), following('Box')], [['9', '10', '11'], ['Z', 'AA'], ['하', '가2'], 'VIP 4', 'Box2'])
})

test('sections are added, copied beside and across, and taken away; each has a name of its own and nothing overlaps', () => {
  const words = { grade: 'R', floor: '스탠딩' }
  let { draft, key } = add(draftOf(null, []), 'seated', words)
  assert.deepEqual(draft.prices.map(({ grade, price }) => [grade, price]), [['R', null]])
  draft = reshape(draft, key, { x: -20, angle: 25 })
  const across = duplicate(draft, key, 'across')
  assert.deepEqual(across.draft.sections[1]?.shape, { x: 20, y: draft.sections[0]?.shape?.y ?? 0, angle: -25, mirrored: true })
  draft = add(add(across.draft, 'standing', words).draft, 'standing', words).draft
  draft = duplicate(draft, key, 'beside').draft
  assert.equal(new Set(draft.sections.map(({ name }) => name)).size, 5)
  assert.deepEqual(findingsOf(draft, hallOf(draft)).map(({ what }) => what), ['unpriced'])
  assert.equal(new Set([...draft.sections, ...draft.prices].map((each) => each.key)).size, draft.sections.length + draft.prices.length, 'no key is given twice')
  const less = remove(draft, key)
  assert.deepEqual(less.sections.map(({ name }) => name), draft.sections.filter((section) => section.key !== key).map(({ name }) => name))
})

test('grades are ordered as fans see them, renamed everywhere, priced, and removed only when no seat has them', () => {
  let draft = draftOf({ sections: [{ name: 'A', kind: 'seated', grade: 'S', rows: [{ name: '1', seats: 2 }, { name: '2', seats: 2, grade: 'V' }] }] }, [{ grade: 'S', price: 70_000 }])
  const [s, v] = draft.prices.map(({ key }) => key)
  assert.deepEqual(gradeOrder(draft), ['S', 'V'])
  draft = setPrice(renameGrade(draft, v ?? '', 'VIP'), v ?? '', 150_000)
  assert.deepEqual(gradeOrder(draft), ['VIP', 'S'])
  assert.equal(draft.sections[0]?.rows?.[1]?.grade, 'VIP')
  assert.equal(renameGrade(draft, s ?? '', 'VIP'), draft, 'two grades do not become one')
  assert.equal(removeGrade(draft, s ?? '').prices.length, 2)
  assert.equal(removeGrade(setGrade(draft, firstKey(draft), 'VIP'), s ?? '').prices.length, 1)
})

test('seats are named by text and back; a text that names none says which part', () => {
  const plan: Plan = { sections: [{ name: 'B, upper', kind: 'seated', grade: 'R', rows: [{ name: 'A-1', seats: 5 }, { name: 'A', seats: 30 }] }, { name: 'F', kind: 'standing', grade: 'S', capacity: 4 }, { name: 'C', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 3 }] }] }
  assert.deepEqual(seatsNamed(plan.sections, 'A-12..A-20', 0).seats, [16, 17, 18, 19, 20, 21, 22, 23, 24])
  assert.deepEqual(seatsNamed(plan.sections, 'B, upper/A-1-2, A-3..4 , C/1-3', 0), { seats: [1, 7, 8, 41], unknown: [] })
  assert.deepEqual(seatsNamed(plan.sections, 'C/1-4, C/1-0, 1-2..1, F/1-1, 1-2'), { seats: [], unknown: ['C/1-4', 'C/1-0', '1-2..1', 'F/1-1', '1-2'] })
  assert.deepEqual(seatsNamed(plan.sections, 'X/1-1, C/1-2'), { seats: [40], unknown: ['X/1-1'] })
  const slashless = (name: string) => name.replaceAll('/', '|')
  fc.assert(fc.property(plans, fc.infiniteStream(fc.boolean()), (any, coins) => {
    for (const section of any.sections) Object.assign(section, { name: slashless(section.name) })
    const seats = new Set(seatsOf(any).flatMap(({ id, kind }) => (kind === 'seated' && coins.next().value ? [id - 1] : [])))
    assert.deepEqual(new Set(seatsNamed(any.sections, textOf(any.sections, seats)).seats), seats)
  }))
})

test('seats are marked and blocked with a reason, and only they', () => {
  const draft = draftOf({ sections: [{ name: 'F', kind: 'standing', grade: 'S', capacity: 2 }, { name: 'A', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 3 }, { name: '2', seats: 3 }] }] }, [])
  const blocked = mark(draft, new Set([0, 2, 3, 6]), 'blocked', true, '초대석')
  assert.deepEqual(planOf(blocked).sections[1]?.rows, [{ name: '1', seats: 3, blocked: [1, 2], blockedReason: '초대석' }, { name: '2', seats: 3, blocked: [2], blockedReason: '초대석' }])
  assert.deepEqual([...statesOf(blocked)], [0, 0, 3, 3, 0, 0, 3, 0])
  const less = mark(mark(blocked, new Set([2]), 'blocked', false), new Set([6]), 'blocked', false)
  assert.deepEqual(planOf(less).sections[1]?.rows, [{ name: '1', seats: 3, blocked: [2], blockedReason: '초대석' }, { name: '2', seats: 3 }])
  assert.deepEqual(planOf(mark(mark(draft, new Set([4]), 'accessible', true), new Set([4]), 'accessible', false)), planOf(draft))
})

test('what the server would refuse is found before, with its section; what overlaps or has no price is named too', () => {
  const draft = draftOf({ sections: [
    { name: 'A', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 10 }, { name: '1', seats: 10 }], shape: { x: 0, y: 10 } },
    { name: 'A', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 10 }], shape: { x: 4, y: 10 } },
  ] }, [])
  const findings = findingsOf(draft, hallOf(draft))
  assert.deepEqual(findings.map(({ what, stops, key }) => [what === 'contradiction' ? 'stops' : what, stops, key]), [['stops', true, '2'], ['stops', true, '1'], ['overlap', false, '1'], ['unpriced', false, undefined]])
  assert.throws(() => assertPlan(planOf(draft)))
  assert.deepEqual(findingsOf(draftOf(null, []), undefined), [{ stops: true, what: 'no_sections' }])
  const large = Array.from({ length: 3 }, (_, i) => ({ name: `F${i}`, kind: 'standing' as const, grade: 'S', capacity: concertLimits.seatsMax / 2 }))
  assert.ok(findingsOf(draftOf({ sections: large }, []), undefined).some((finding) => finding.what === 'contradiction' && finding.wrong.what === 'too_many_seats'))
})

test('the halls to begin with are sound, priced by nobody yet, and nothing in them overlaps', () => {
  const words = { stalls: '1층', left: '1층 왼쪽', right: '1층 오른쪽', balcony: '2층', floor: '스탠딩', hall: '객석' }
  for (const name of startNames) {
    const plan = starts[name](words)
    assertPlan(plan)
    assert.deepEqual(readPlan(JSON.stringify(plan)), plan)
    const draft = draftOf(plan, [])
    assert.deepEqual([...new Set(findingsOf(draft, hallOf(draft)).map(({ what }) => what))], ['unpriced'], name)
  }
})

test('a file keeps the places of the sections it names; one that is wrong says where', () => {
  const draft = draftOf(starts.theatre({ stalls: '1층', left: 'L', right: 'R', balcony: '2층', floor: '', hall: '' }), [{ grade: 'VIP', price: 150_000 }])
  const csv = csvOf(planOf(draft)).replace('2층,seated,1,34,A', '2층,seated,1,30,A')
  const again = withPlan(draft, readPlan(csv))
  assert.deepEqual(again.sections.map(({ shape }) => shape), draft.sections.map(({ shape }) => shape))
  assert.equal(again.sections[3]?.rows?.[0]?.seats, 30)
  assert.deepEqual(pricesOf(again), pricesOf(draft))
  const wrong: [string, string, string][] = [
    ['{', '', 'json'], ['{}', 'sections', 'missing'], ['{"sections":[]}', 'sections', 'list_length'], ['[1]', '', 'object'],
    ['{"sections":[{"name":"A","kind":"lying","grade":"R"}]}', 'sections[0].kind', 'choice'],
    ['{"sections":[{"name":"A","kind":"seated","grade":"R","rows":[{"name":"1","seats":0}]}]}', 'sections[0].rows[0].seats', 'whole'],
    ['{"sections":[{"name":"A","kind":"seated","grade":"R","colour":"red"}]}', 'sections[0].colour', 'unknown'],
    ['{"sections":[{"name":"A","kind":"seated","grade":"R","rows":[{"name":"1","seats":2,"aisle":[1,1]}]}]}', 'sections[0].rows[0].aisle', 'twice'],
    ['{"sections":[{"name":"A","kind":"standing","grade":"R","capacity":5,"shape":{"x":0,"y":1e9}}]}', 'sections[0].shape.y', 'number'],
  ]
  for (const [text, place, what] of wrong) assert.throws(() => readPlan(text), (error) => error instanceof BadFile && error.wrong.place === place && error.wrong.what === what, text)
  assert.throws(() => readPlan('A,seated,1,2'), /line 1: 4 columns/)
})
