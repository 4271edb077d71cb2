import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statesOf } from '../src/seat/map.ts'
import type { Picture } from '../src/seat/picture.ts'
import { fit, resized, toHall, zoomAt } from '../web/hall/camera.ts'
import { solveLoss } from '../web/hall/lost.ts'
import { hit, layOut, step } from '../web/hall/plan.ts'
import { toHall as toHallFrom } from '../web/hall/stand.ts'
import { changesOf, decodeStates, freeCount, longestRun } from '../web/hall/states.ts'
import type { MapSeat } from '../web/wire.ts'

function planOf(sections: { name: string; grade: string; rows: number[]; standing?: boolean }[]): MapSeat[] {
  let seatId = 0
  return sections.flatMap(({ name: section, grade, rows, standing }) => rows.flatMap((count, row) => Array.from({ length: count }, (_, i) => ({
    seatId: ++seatId, section, row: standing ? '' : String(row + 1), number: String(i + 1), grade, kind: standing ? 'standing' as const : 'seated' as const, attributes: [],
  }))))
}
const seats = planOf([{ name: 'A', grade: 'VIP', rows: [8, 10, 12] }, { name: 'B', grade: 'R', rows: [10, 10] }, { name: 'F', grade: 'S', rows: [50], standing: true }])
const hall = layOut(seats, ['VIP', 'R', 'S'])

test('the states the server packs are the states the page unpacks', () => {
  // available, held, pinned, sold, returned, blocked, and an odd number of them
  const states = Uint8Array.of(0, 1, 2, 3, 4, 5, 0)
  assert.deepEqual([...decodeStates(statesOf({ version: 1, states } as Picture), 7)], [0, 1, 1, 2, 1, 3, 0])
  assert.deepEqual(changesOf(Uint8Array.of(0, 1, 2), Uint8Array.of(0, 2, 2)), [1])
  assert.equal(freeCount(states, 0, 7), 2)
  assert.equal(longestRun(Uint8Array.of(0, 0, 1, 0, 0, 0, 2), 0, 7), 3)
})

test('every seat is hit where it is drawn, and no two share a place', () => {
  const places = new Set<string>()
  for (const section of hall.sections.filter(({ standing }) => !standing))
    for (let i = section.first; i < section.last; i++) {
      const [x, y] = [hall.xs[i] ?? 0, hall.ys[i] ?? 0]
      assert.equal(hit(hall, x, y)?.seat, i)
      assert.equal(hit(hall, x + 0.3, y - 0.3)?.seat, i)
      places.add(`${Math.round(x * 2)} ${Math.round(y * 2)}`)
    }
  assert.equal(places.size, 50)
  const floor = hall.sections.find(({ standing }) => standing)
  assert.ok(floor)
  const inside = hit(hall, ...toHallFrom(floor.stand, floor.x + floor.w / 2, floor.y + floor.h / 2))
  assert.deepEqual([inside?.section, inside?.seat], [floor, undefined])
  assert.equal(hit(hall, hall.box.x - 5, hall.box.y), undefined)
})

test('arrows lead to the neighbour, over the edge to the next section, and never out of the hall', () => {
  assert.equal(step(hall, 0, 1, 0), 1)
  assert.equal(hall.seats[step(hall, 4, 0, 1)]?.row, '2')
  assert.equal(step(hall, 18, -1, 0), 18)
  const reached = new Set<number>()
  for (let i = 0; i < 50; i++) for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) reached.add(step(hall, i, dx, dy))
  assert.equal(reached.size, 50, 'every seat can be reached')
})

test('a lone lost seat is answered with the nearest free one of its grade; the others stay; a whole party by the server’s choice', () => {
  const states = new Uint8Array(100)
  states[5] = 2
  states[6] = 1
  const lone = solveLoss(hall, states, [4, 5], { params: { taken: [6], alternatives: [[20, 21]] } })
  assert.deepEqual([lone.taken, lone.rest], [[5], [4]])
  assert.equal(lone.instead.length, 1)
  const [found = -1] = lone.instead
  assert.ok(states[found] === 0 && found !== 4 && hall.seats[found]?.grade === 'VIP', `seat ${found}`)
  const distance = (i: number) => Math.hypot((hall.xs[i] ?? 0) - (hall.xs[5] ?? 0), (hall.ys[i] ?? 0) - (hall.ys[5] ?? 0))
  assert.ok(distance(found) < 1.6, `${distance(found)} away`)
  const party = solveLoss(hall, states, [5, 6], { params: { taken: [6, 7], alternatives: [[12, 13]] } })
  assert.deepEqual(party, { taken: [5, 6], instead: [11, 12], rest: [] })
  const nothing = solveLoss(hall, new Uint8Array(100).fill(2), [5], { params: { taken: [6] } })
  assert.deepEqual(nothing, { taken: [5], instead: [], rest: [] })
})

test('fifty thousand seats are laid out apart from each other, none outside the box', () => {
  const big = planOf(Array.from({ length: 50 }, (_, i) => ({ name: `S${i}`, grade: i < 10 ? 'VIP' : 'R', rows: Array.from({ length: 25 }, () => 40) })))
  const large = layOut(big, ['VIP', 'R'])
  const seen = new Set<number>()
  for (let i = 0; i < big.length; i++) {
    const [x, y] = [large.xs[i] ?? 0, large.ys[i] ?? 0]
    assert.ok(x > large.box.x && x < large.box.x + large.box.w && y > large.box.y && y < large.box.y + large.box.h, `seat ${i} at ${x}, ${y} of ${JSON.stringify(large.box)}`)
    seen.add(hit(large, x, y)?.seat ?? -1)
  }
  assert.equal(seen.size, 50_000)
})

test('in another window the whole hall is whole again, and a closer look keeps its middle', () => {
  const [phone, desk] = [fit(hall.box, 390, 520), fit(hall.box, 1_060, 700)]
  const change = { dx: (1_060 - 390) / 2, dy: (700 - 520) / 2 }
  assert.deepEqual(resized(phone, phone, desk, change), desk)
  const near = zoomAt(phone, 3, 100, 200, phone.scale)
  const middle = toHall(near, 390 / 2, 520 / 2)
  const kept = toHall(resized(near, phone, desk, change), 1_060 / 2, 700 / 2)
  assert.ok(Math.hypot(kept[0] - middle[0], kept[1] - middle[1]) < 1e-9, `${middle} became ${kept}`)
})
