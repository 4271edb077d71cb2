import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inOrder, saleOf } from '../web/pages/openings.ts'
import type { WireFoundConcert } from '../web/wire.ts'

const now = Date.UTC(2030, 4, 1, 20)
const minute = 60_000
const at = (minutes: number | undefined) => (minutes === undefined ? null : new Date(now + minutes * minute).toISOString())
type Times = { opens?: number; opened?: number; closes?: number; soldOut?: boolean }
const sale = ({ opens, opened, closes, soldOut = false }: Times) => ({ opensAt: at(opens), openedAt: at(opened), closesAt: at(closes), soldOut })
const concert = (id: string, times: Times = {}) => ({ id, ...sale(times) }) as WireFoundConcert
const ids = (concerts: WireFoundConcert[]) => concerts.map(({ id }) => id).join(' ')

test('a card moves on by itself: what was to open is on sale from that moment, and no longer when its window has closed', () => {
  const read = sale({ opens: 10 })
  assert.deepEqual(saleOf(read, now), { isOn: false, isSoldOut: false, opensInMs: 10 * minute })
  assert.deepEqual(saleOf(read, now + 10 * minute), { isOn: true, isSoldOut: false, opensInMs: undefined })
  assert.deepEqual(saleOf(sale({ opened: -10, closes: 5, opens: 60 }), now), { isOn: true, isSoldOut: false, opensInMs: 60 * minute })
  assert.deepEqual(saleOf(sale({ opened: -10, closes: 5, opens: 60 }), now + 5 * minute), { isOn: false, isSoldOut: false, opensInMs: 55 * minute })
  assert.deepEqual(saleOf(sale({}), now), { isOn: false, isSoldOut: false, opensInMs: undefined })
})

test('a card says sold out until its next window opens: what that one sells was not known when the card was read', () => {
  const read = sale({ opened: -10, closes: 60, opens: 5, soldOut: true })
  assert.deepEqual(saleOf(read, now), { isOn: true, isSoldOut: true, opensInMs: 5 * minute })
  assert.deepEqual(saleOf(read, now + 5 * minute), { isOn: true, isSoldOut: false, opensInMs: undefined })
  assert.deepEqual(saleOf(sale({ opened: -10, closes: 60, soldOut: true }), now + 60 * minute), { isOn: false, isSoldOut: false, opensInMs: undefined })
})

test('what opens within the hour or has opened within it stands first by its opening, also when no page that was read has it', () => {
  const listed = [concert('a'), concert('b', { opens: 50 }), concert('c', { opened: -90, closes: 600 }), concert('d', { opens: 61 }), concert('e', { opened: -20, closes: 600 })]
  const about = [concert('e', { opened: -20, closes: 600 }), concert('z', { opens: 5 }), concert('b', { opens: 50 })]
  assert.equal(ids(inOrder(about, listed, now)), 'e z b a c d')
  assert.equal(ids(inOrder([], listed, now)), 'e b a c d', 'without it, among those that are listed')
})

test('a card stands where it stood when its sale opens; after an hour, or when its window has closed, it goes back into the list', () => {
  const listed = [concert('a'), concert('b', { opens: 10 }), concert('c', { opens: 20 })]
  for (const minutes of [0, 10, 20, 69]) assert.equal(ids(inOrder([], listed, now + minutes * minute)), 'b c a', `${minutes}`)
  assert.equal(ids(inOrder([], listed, now + 70 * minute)), 'c a b')
  const short = [concert('a'), concert('b', { opened: -5, closes: 5 })]
  assert.equal(ids(inOrder([], short, now)), 'b a')
  assert.equal(ids(inOrder([], short, now + 5 * minute)), 'a b')
})
