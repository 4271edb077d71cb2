import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCopy, type LineCopy, type News, orderHash, userBytes } from './line-copy.ts'
import type { LinePort, LineRef } from './line-port.ts'
import { arrivalOrder } from './order.ts'

export const someLine = (epoch = 1): LineRef => ({ showId: randomUUID(), windowId: randomUUID(), orderKey: 'arrival', epoch })
const usersOf = (count: number) => randomBytes(count * userBytes)
type Joins = { gone?: number[]; eventFrom?: number; eventTo?: number; users?: Buffer }
const joins = (from: number, to: number, { gone = [], eventFrom = 0, eventTo = eventFrom, users = usersOf(to - from) }: Joins = {}): News =>
  ({ from: { last: from, eventId: eventFrom }, to: { last: to, eventId: eventTo }, users, gone })
/** A copy of `count` places from which `gone` left; event ids go up to the number of those. */
export function copyOf(count: number, gone: number[] = [], users = usersOf(count)): LineCopy {
  const copy = createCopy(1)
  copy.apply(joins(0, count, { users, gone, eventTo: gone.length }))
  return copy
}
const hashOf = (copy: LineCopy | undefined) => copy && orderHash(copy, arrivalOrder)

/** What every place for copies promises. `open` gives one without copies, or one that others use for other lines. */
export function lineContract(adapter: string, open: () => LinePort | Promise<LinePort>) {
  test(`${adapter}: without a copy nothing is known and nothing counted`, async () => {
    const [port, line] = [await open(), someLine()]
    assert.equal(await port.markOf(line), undefined)
    assert.equal(await port.ahead(line, joins(0, 3), [1]), undefined)
    assert.equal(await port.read(line), undefined)
    assert.equal(await port.markOf(line), undefined, 'counting made a copy')
  })

  test(`${adapter}: a copy counts who waits before each rank, those beyond its end included`, async () => {
    const [port, line] = [await open(), someLine()]
    assert.equal(await port.replace(line, copyOf(10, [2, 3, 7])), true)
    assert.deepEqual(await port.markOf(line), { last: 10, eventId: 3 })
    const nothingNew = joins(10, 10, { eventFrom: 3 })
    assert.deepEqual(await port.ahead(line, nothingNew, [1, 2, 3, 4, 8, 10, 11, 12]), [0, 1, 1, 1, 4, 6, 7, 8])
    assert.deepEqual(await port.ahead(line, nothingNew, []), [])
    assert.deepEqual(await port.ahead(line, nothingNew, [5, 5, 5]), [2, 2, 2])
  })

  test(`${adapter}: an empty line has a copy, and grows from it`, async () => {
    const [port, line] = [await open(), someLine()]
    assert.equal(await port.replace(line, createCopy()), true)
    assert.deepEqual(await port.markOf(line), { last: 0, eventId: 0 })
    assert.deepEqual(await port.ahead(line, joins(0, 9, { gone: [9], eventTo: 1 }), [1, 9, 10]), [0, 8, 8])
    assert.equal((await hashOf(await port.read(line)))?.waiting, 8)
  })

  test(`${adapter}: news that come twice, late or overlapping change nothing; news from beyond its mark are refused`, async () => {
    const [port, line] = [await open(), someLine()]
    const users = usersOf(40)
    const part = (from: number, to: number) => users.subarray(from * userBytes, to * userBytes)
    await port.replace(line, copyOf(10, [1], Buffer.from(part(0, 10))))
    const first = joins(10, 20, { users: part(10, 20), gone: [2, 15], eventFrom: 1, eventTo: 3 })
    for (let i = 0; i < 3; i++) assert.deepEqual(await port.ahead(line, first, [16, 21]), [12, 17])
    const overlapping = joins(5, 30, { users: part(5, 30), gone: [1, 2, 15, 25], eventFrom: 0, eventTo: 4 })
    assert.deepEqual(await port.ahead(line, overlapping, [31]), [26])
    assert.deepEqual(await port.ahead(line, first, [31]), [26], 'old news set it back')
    assert.equal(await port.ahead(line, joins(31, 40, { eventFrom: 4 }), [31]), undefined)
    assert.equal(await port.ahead(line, joins(30, 30, { gone: [7], eventFrom: 9, eventTo: 10 }), [31]), undefined)
    assert.deepEqual(await port.markOf(line), { last: 30, eventId: 4 })
    assert.deepEqual(await hashOf(await port.read(line)), await hashOf(copyOf(30, [1, 2, 15, 25], Buffer.from(part(0, 30)))))
  })

  test(`${adapter}: an end may be told before its place`, async () => {
    const [port, line] = [await open(), someLine()]
    await port.replace(line, copyOf(3))
    assert.deepEqual(await port.ahead(line, joins(3, 4, { gone: [9_000], eventTo: 1 }), [5]), [4])
    assert.deepEqual(await port.ahead(line, joins(4, 9_000, { eventFrom: 1, eventTo: 1 }), [9_000, 9_001]), [8_999, 8_999])
  })

  test(`${adapter}: a copy in another order is none; the later epoch replaces it, an earlier one does not`, async () => {
    const [port, before] = [await open(), someLine(4)]
    const drawn = { ...before, orderKey: 'drawn', epoch: 5 }
    assert.equal(await port.replace(before, copyOf(5)), true)
    assert.equal(await port.markOf(drawn), undefined)
    assert.equal(await port.ahead(drawn, joins(5, 5), [5]), undefined)
    assert.equal(await port.replace(drawn, copyOf(5, [1])), true)
    assert.deepEqual(await port.ahead(drawn, joins(5, 5, { eventFrom: 1 }), [5]), [3])
    assert.equal(await port.ahead(before, joins(5, 5), [5]), undefined, 'somebody who does not know of the draw counted')
    assert.equal(await port.replace(before, copyOf(5)), false)
    assert.equal(await port.replace(drawn, copyOf(5)), false, 'a copy in this order was there')
    assert.deepEqual(await port.ahead(drawn, joins(5, 5, { eventFrom: 1 }), [5]), [3])
  })

  test(`${adapter}: of several who make a copy at once one wins, and it is whole`, async () => {
    const [port, line] = [await open(), someLine()]
    const copies = Array.from({ length: 4 }, () => copyOf(200_000, [1, 77_777]))
    const won = await Promise.all(copies.map((copy) => port.replace(line, copy)))
    assert.equal(won.filter(Boolean).length, 1)
    assert.deepEqual(await hashOf(await port.read(line)), await hashOf(copies[won.indexOf(true)]))
  })

  test(`${adapter}: a long line is kept whole`, async () => {
    const [port, line] = [await open(), someLine()]
    const gone = Array.from({ length: 100_000 }, (_, i) => 3 * i + 1)
    const copy = copyOf(300_000, gone)
    const before = await hashOf(copy)
    await port.replace(line, copy)
    assert.deepEqual(await hashOf(await port.read(line)), before)
    assert.deepEqual(await port.ahead(line, joins(300_000, 300_000, { eventFrom: 100_000 }), [1, 2, 150_001, 300_001]), [0, 0, 100_000, 200_000])
  })

  test(`${adapter}: lines know nothing of each other, those of one show neither`, async () => {
    const [port, one] = [await open(), someLine()]
    const other = { ...one, windowId: randomUUID() }
    await port.replace(one, copyOf(5, [1]))
    await port.replace(other, copyOf(7))
    assert.deepEqual(await port.ahead(one, joins(5, 5, { eventFrom: 1 }), [5]), [3])
    assert.deepEqual(await port.ahead(other, joins(7, 7), [5]), [4])
  })

  test(`${adapter}: any history counts as a list of who waits does`, async () => {
    const port = await open()
    const step = fc.oneof(
      fc.record({ joined: fc.integer({ min: 1, max: 5_000 }) }),
      fc.record({ gone: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }) }),
    )
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), async (steps, asked) => {
      const line = someLine()
      let [last, eventId] = [0, 0]
      const waits: boolean[] = []
      await port.replace(line, createCopy())
      for (const each of steps) {
        const joined = 'joined' in each ? each.joined : 0
        const gone = 'gone' in each ? [...new Set(each.gone.map((share) => 1 + Math.floor(share * (last - 1))))].filter((rank) => rank >= 1 && rank <= last) : []
        for (const rank of gone) waits[rank - 1] = false
        waits.push(...Array.from({ length: joined }, () => true))
        const news = joins(last, last + joined, { gone, eventFrom: eventId, eventTo: eventId + gone.length })
        ;[last, eventId] = [last + joined, eventId + gone.length]
        const ranks = asked.map((share) => 1 + Math.floor(share * last)).sort((a, b) => a - b)
        const expected = ranks.map((rank) => waits.slice(0, rank - 1).filter(Boolean).length)
        assert.deepEqual(await port.ahead(line, news, ranks), expected)
      }
    }), { numRuns: 30 })
  })
}
