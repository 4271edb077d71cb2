import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type LineFrame, stretchesOf } from './api.ts'
import { coverOf, createOdds, createTake, type Odds, odds } from './odds.ts'
import { aheadOf, doubtOf } from './position.ts'
import { createView } from './view.ts'
import { createWait } from './wait.ts'

const start = Date.UTC(2030, 0, 1)
const frameOf = (parts: Partial<LineFrame>): LineFrame =>
  ({ windowId: 'w', epoch: 1, at: new Date(start).toISOString(), phase: 'open', last: 0, admittedThrough: 0, rate: 10, signature: '', ...parts })

/** A line of which we know everything, and what its frame would say. */
function lineOf(last: number, admittedThrough: number, left: Set<number>) {
  const ends = stretchesOf(admittedThrough, last)
  const gone = ends.map((end, i) => [...left].filter((rank) => rank > (ends[i - 1] ?? admittedThrough) && rank <= end).length)
  return { frame: frameOf({ last, admittedThrough, gone }), ahead: (rank: number) => count(admittedThrough + 1, rank - 1, (each) => !left.has(each)) }
}
const count = (from: number, to: number, holds: (n: number) => boolean) => {
  let found = 0
  for (let n = from; n <= to; n++) if (holds(n)) found++
  return found
}
const aLine = fc.integer({ min: 1, max: 800 }).chain((last) => fc.record({
  last: fc.constant(last),
  admitted: fc.integer({ min: 0, max: last }),
  left: fc.array(fc.integer({ min: 1, max: last }), { maxLength: 300 }).map((ranks) => new Set(ranks)),
}))

test('a position is never below the truth, and above it by no more than is said', () => {
  fc.assert(fc.property(aLine, ({ last, admitted, left }) => {
    const { frame, ahead } = lineOf(last, admitted, left)
    for (let rank = 1; rank <= last; rank++) {
      if (left.has(rank)) continue
      const [seen, truth] = [aheadOf(frame, rank), ahead(rank)]
      assert.ok(seen >= truth && seen <= truth + doubtOf(frame, rank), `rank ${rank}: ${seen} seen, ${truth} true, doubt ${doubtOf(frame, rank)}`)
    }
  }))
})

test('without the stretches a position is still never too good', () => {
  const { frame, ahead } = lineOf(1_000, 10, new Set([20, 30, 500]))
  const { gone: _, ...silent } = frame
  assert.deepEqual([aheadOf(silent, 400), ahead(400)], [389, 387])
  assert.deepEqual([aheadOf(frame, 10), aheadOf(frame, 1), aheadOf(frame, 11), aheadOf(frame, 12)], [0, 0, 0, 1])
})

test('a position never grows, whatever frames come, in whatever order', () => {
  const moment = fc.record({ admitted: fc.integer({ min: 0, max: 500 }), gone: fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 5 }), at: fc.integer({ min: 0, max: 600 }), epoch: fc.integer({ min: 1, max: 3 }) })
  fc.assert(fc.property(fc.array(moment, { maxLength: 30 }), fc.integer({ min: 1, max: 500 }), (moments, rank) => {
    const view = createView(() => rank)
    let before = Number.POSITIVE_INFINITY
    for (const [i, { admitted, gone, at, epoch }] of moments.entries()) {
      view.hear(frameOf({ last: 500, admittedThrough: admitted, gone, epoch, at: new Date(start + at * 1_000).toISOString() }), start + i)
      const position = view.at(start + i)?.position ?? 0
      assert.ok(position <= before)
      before = position
    }
  }))
})

test('older frames, of this epoch or of one before, change nothing; what …/me says counts', () => {
  const view = createView(() => 100)
  const at = (seconds: number, parts: Partial<LineFrame>) => view.hear(frameOf({ last: 200, at: new Date(start + seconds * 1_000).toISOString(), ...parts }), start + seconds * 1_000)
  at(5, { epoch: 2, admittedThrough: 20 })
  at(9, { epoch: 1, admittedThrough: 60 })
  at(4, { epoch: 2, admittedThrough: 30 })
  assert.deepEqual([view.at(start + 7_000)?.position, view.at(start + 7_000)?.ageMs], [79, 2_000])
  view.know(70)
  assert.equal(view.at(start + 7_000)?.position, 70)
  at(6, { epoch: 2, admittedThrough: 21 })
  assert.equal(view.at(start + 7_000)?.position, 70)
})

test('before the order is known there is no position; when the line has come as far the turn is due', () => {
  const view = createView((frame) => (frame.draw ? 7 : undefined))
  const hear = (second: number, parts: Partial<LineFrame>) => {
    view.hear(frameOf({ last: 50, at: new Date(start + second * 1_000).toISOString(), ...parts }), start)
    const { phase, position, isDue, opensAt } = view.at(start) ?? assert.fail('no view')
    return [phase, position, isDue, opensAt]
  }
  const opensAt = new Date(start + 9_000).toISOString()
  assert.deepEqual(hear(0, { phase: 'lobby', opensAt }), ['lobby', null, false, opensAt])
  assert.deepEqual(hear(1, { epoch: 2 }), ['open', null, false, null])
  assert.deepEqual(hear(2, { epoch: 2, draw: [50, 'seed'], admittedThrough: 2 }), ['open', 4, false, null])
  assert.deepEqual(hear(3, { epoch: 2, draw: [50, 'seed'], admittedThrough: 7 }), ['open', 0, true, null])
})

const changesOf = (words: unknown[]) => words.filter((word, i) => i > 0 && word !== words[i - 1]).length

test('odds do not flicker: figures that tremble around any value change the word at most once', () => {
  fc.assert(fc.property(fc.double({ min: 0.05, max: 3, noNaN: true }), fc.array(fc.double({ min: 0.955, max: 1.045, noNaN: true }), { minLength: 20, maxLength: 200 }), (cover, noise) => {
    const word = createOdds()
    assert.ok(changesOf(noise.map((factor, second) => word(cover * factor, start + second * 1_000))) <= 1)
  }))
})

test('odds follow what is really so, one word for each figure, within seconds; that nothing is left is said at once', () => {
  const word = createOdds()
  const after = (cover: number, seconds: number, from: number) => {
    let said: Odds = 'almost none'
    for (let second = 0; second <= seconds; second++) said = word(cover, start + (from + second) * 1_000)
    return said
  }
  assert.deepEqual([2, 1.3, 0.9, 0.4, 0.1].map((cover, i) => after(cover, 6, i * 10)), odds)
  assert.equal(after(2, 4, 60), 'almost none')
  assert.equal(after(2, 8, 65), 'very likely')
  assert.equal(word(0, start + 80_000), 'almost none')
})

test('who is in and holds nothing yet comes before everybody who waits, and the odds say so', () => {
  const oddsWith = (choosing: number) => {
    const view = createView(() => 101)
    view.hear(frameOf({ last: 500, left: [500], availability: 'open', choosing }), start)
    return view.at(start)?.odds
  }
  assert.deepEqual([0, 300, 3_000].map(oddsWith), ['very likely', 'uncertain', 'almost none'])
})

test('more seats or fewer people never make the odds worse', () => {
  const figures = fc.record({ seats: fc.nat(5_000), ahead: fc.nat(50_000), take: fc.double({ min: 0.25, max: 4, noNaN: true }) })
  const rank = (cover: number) => odds.indexOf(createOdds()(cover, start))
  fc.assert(fc.property(figures, fc.nat(100), fc.nat(100), ({ seats, ahead, take }, more, fewer) => {
    assert.ok(rank(coverOf(seats + more, Math.max(0, ahead - fewer), take)) <= rank(coverOf(seats, ahead, take)))
  }))
})

test('how much people take is learnt from what goes while the line moves', () => {
  const take = createTake()
  let [admitted, seats, seen] = [0, 5_000, 0]
  assert.equal(take(admitted, seats), 1.5)
  const go = (each: number) => {
    for (let i = 0; i < 60; i++) {
      admitted += 10
      seats -= each
      seen = take(admitted, seats)
    }
  }
  go(30)
  assert.ok(Math.abs(seen - 3) < 0.4, `${seen}`)
  go(5)
  assert.ok(seen < 1, `${seen}`)
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(50), fc.integer({ min: -500, max: 500 })), { maxLength: 50 }), (steps) => {
    const any = createTake()
    let [a, s] = [0, 1_000]
    for (const [people, change] of steps) {
      a += people
      s = Math.max(0, s + change)
      const figure = any(a, s)
      assert.ok(figure >= 0.25 && figure <= 4)
    }
  }))
})

test('a waiting range holds what is estimated, counts down, and is not made anew by trembling', () => {
  fc.assert(fc.property(fc.integer({ min: 60, max: 3_000 }), fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 30, maxLength: 55 }), (seconds, noise) => {
    const wait = createWait()
    let grew = 0
    let jumps = 0
    let before = Number.POSITIVE_INFINITY
    for (const [i, factor] of noise.entries()) {
      const estimate = (seconds - i) * factor
      const { range, grew: longer } = wait(estimate, 0, start + i * 1_000)
      assert.ok(range && range.low <= range.high)
      // shown in whole steps: the estimate lies inside, or beside it by less than one
      assert.ok(estimate >= range.low - 60 && estimate <= range.high + 300, `${estimate} in ${range.low}…${range.high}`)
      if (range.high > before) jumps++
      before = range.high
      if (longer) grew++
    }
    assert.ok(grew + jumps <= 2, `${grew} grew, ${jumps} jumped`)
  }))
})

test('a wait that really becomes longer says so, and nobody called is no figure', () => {
  const wait = createWait()
  assert.deepEqual(wait(400, 0, start), { range: { low: 300, high: 540 }, grew: false })
  assert.deepEqual(wait(390, 0, start + 10_000).grew, false)
  assert.deepEqual(wait(800, 0, start + 20_000), { range: { low: 600, high: 1_020 }, grew: true })
  assert.deepEqual(wait(undefined, 0, start + 21_000), { range: undefined, grew: true })
  assert.deepEqual(wait(undefined, 0, start + 22_000), { range: undefined, grew: false })
  assert.deepEqual(wait(5, 0, start + 30_000), { range: { low: 0, high: 10 }, grew: false })
})

test('the reason of a longer wait comes with it and is shown for a minute', () => {
  const view = createView(() => 1_000)
  const hear = (second: number, parts: Partial<LineFrame>) => {
    view.hear(frameOf({ last: 2_000, at: new Date(start + second * 1_000).toISOString(), ...parts }), start + second * 1_000)
    const { grew, reason } = view.at(start + second * 1_000) ?? assert.fail('no view')
    return [grew, reason]
  }
  assert.deepEqual(hear(0, { rate: 10 }), [false, null])
  assert.deepEqual(hear(1, { rate: 2, reason: 'slowed: payment' }), [true, 'slowed: payment'])
  assert.deepEqual(hear(30, { rate: 2, reason: 'slowed: payment' }), [true, 'slowed: payment'])
  assert.deepEqual(hear(70, { rate: 2 }), [false, null])
})
