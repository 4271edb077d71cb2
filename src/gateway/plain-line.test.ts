import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Place } from '../queue/api.ts'
import { wordsOf } from './plain-line.ts'

const place: Place = {
  windowId: '00000000-0000-4000-8000-000000000000', number: 7, rank: 7, phase: 'open', status: 'waiting', position: 1_204, etaSeconds: 400, seatsLeft: null, hopeless: false,
  until: null, endedReason: null, joinedAt: 0,
}
const titles = (change: Partial<Place>) => [false, true].map((korean) => wordsOf({ ...place, ...change }, korean).title)

test('without scripts the page says how many are ahead, in words that fit the number', () => {
  assert.deepEqual(titles({}), ['1,204 people are ahead of you', '앞에 1,204명 있어요'])
  assert.deepEqual(titles({ position: 1 }), ['1 person is ahead of you', '앞에 1명 있어요'])
  assert.deepEqual(titles({ position: 0 }), ['You are next', '바로 다음이에요'])
  assert.match(wordsOf(place, false).body, /^About 7 minutes\. /)
  assert.match(wordsOf({ ...place, etaSeconds: 20 }, false).body, /^About 1 minute\. /)
  assert.doesNotMatch(wordsOf({ ...place, etaSeconds: null }, false).body, /minute/)
})

test('it is nobody’s turn who was only woken, and before the draw nobody has a position', () => {
  assert.deepEqual(titles({ status: 'woken', position: 0 }), ['You are next', '바로 다음 차례예요'])
  assert.deepEqual(titles({ status: 'called', position: 0 }), ['It’s your turn', '입장할 차례예요'])
  assert.deepEqual(titles({ position: null, rank: null }), ['You are in the lobby', '대기실에 들어와 있어요'])
})
