import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checklistOf } from '../web/organiser/checklist.ts'
import { stateOf } from '../web/organiser/state.ts'
import { bodyOf, formOf, isWrong, type WindowForm, wrongOf } from '../web/organiser/windows-form.ts'
import { ko } from '../web/organiser/words.ts'
import { instantOf, localOf, zones } from '../web/organiser/zone.ts'
import type { WireShow, WireWindow } from '../web/wire.ts'

const now = Date.UTC(2027, 0, 10, 12)
const hour = 3_600_000
const iso = (ms: number) => new Date(ms).toISOString()
const window = (given: Partial<WireWindow> = {}): WireWindow => ({ id: 'w', name: '일반예매', lobbyOpensAt: null, opensAt: iso(now - hour), closesAt: iso(now + hour), audience: 'everyone', sections: null, ...given })
type Given = Pick<WireShow, 'status' | 'paused' | 'startsAt' | 'endsAt' | 'timeZone' | 'windows' | 'availability' | 'totals' | 'prices'>
const show = (given: Partial<Given> = {}): Given => ({
  status: 'published', paused: false, startsAt: iso(now + 24 * hour), endsAt: iso(now + 26 * hour), timeZone: 'Asia/Seoul', windows: [window()], availability: { state: 'open' },
  totals: [{ grade: 'VIP', total: 5 }, { grade: 'R', total: 3 }], prices: [{ grade: 'VIP', price: 1 }, { grade: 'R', price: 0 }], ...given,
})

test('a time on the venue’s clock is one instant and back, in every zone there is, summer and winter', () => {
  for (const zone of zones())
    for (const instant of [Date.UTC(2027, 0, 1, 10), Date.UTC(2027, 6, 1, 10, 30), Date.UTC(2027, 2, 28, 5), Date.UTC(2027, 9, 31, 12)]) assert.equal(instantOf(localOf(instant, zone), zone), instant, `${zone} ${iso(instant)}`)
  assert.equal(localOf('2027-01-01T10:00:00Z', 'Asia/Seoul'), '2027-01-01T19:00')
  assert.equal(instantOf('2027-01-01T19:00', 'Asia/Seoul'), Date.UTC(2027, 0, 1, 10))
})

test('an hour that summer time skips is no time; of one that comes twice the first is meant', () => {
  assert.equal(instantOf('2027-03-28T02:30', 'Europe/Berlin'), undefined)
  assert.equal(instantOf('2027-03-14T02:30', 'America/New_York'), undefined)
  assert.equal(instantOf('2027-10-31T02:30', 'Europe/Berlin'), Date.UTC(2027, 9, 31, 0, 30))
  assert.equal(instantOf('2027-11-07T01:30', 'America/New_York'), Date.UTC(2027, 10, 7, 5, 30))
  for (const nonsense of ['', '2027-13-01T10:00', 'soon', '2027-02-30T10:00']) assert.equal(instantOf(nonsense, 'Asia/Seoul'), undefined, nonsense)
})

test('a show stands as its status, its windows and its seats say', () => {
  const soon = window({ opensAt: iso(now + hour), closesAt: iso(now + 2 * hour) })
  const past = window({ opensAt: iso(now - 2 * hour), closesAt: iso(now - hour) })
  const states: [Partial<Given>, string][] = [
    [{ status: 'draft' }, 'draft'], [{ status: 'closing' }, 'closing'], [{ status: 'cancelled', paused: true }, 'cancelled'], [{ paused: true }, 'paused'], [{}, 'on_sale'], [{ availability: null }, 'on_sale'],
    [{ availability: { state: 'all_held' } }, 'all_held'], [{ availability: { state: 'sold_out' } }, 'sold_out'], [{ windows: [soon] }, 'soon'], [{ windows: [past, soon] }, 'soon'], [{ windows: [past] }, 'ended'],
    [{ windows: [{ ...soon, lobbyOpensAt: iso(now - 1) }] }, 'lobby'], [{ startsAt: iso(now - 1) }, 'ended'], [{ startsAt: iso(now - 3 * hour), endsAt: iso(now), paused: true }, 'over'],
  ]
  for (const [given, state] of states) assert.equal(stateOf(show(given), now), state, JSON.stringify(given))
})

test('the checklist names what publishing would miss', () => {
  const of = (given: Partial<Given>) => checklistOf(show(given), now).filter(({ is }) => is !== 'done').map(({ name, is, about }) => [name, is, ...about])
  assert.deepEqual(of({}), [])
  assert.deepEqual(of({ totals: [], windows: [] }), [['hall', 'todo'], ['prices', 'waits'], ['windows', 'todo']])
  assert.deepEqual(of({ prices: [{ grade: 'S', price: 1 }] }), [['prices', 'todo', 'VIP', 'R']])
  assert.deepEqual(of({ startsAt: iso(now) }), [['times', 'todo']])
  assert.deepEqual(of({ windows: [window({ opensAt: iso(now + 24 * hour) })] }), [['order', 'todo', '일반예매']])
})

test('windows go to the form and back as they are, and codes only when somebody typed some', () => {
  const windows = [window({ lobbyOpensAt: iso(now - 2 * hour) }), window({ id: 'x', name: '선예매', audience: 'codes', sections: ['A'], opensAt: iso(now + 2 * hour), closesAt: iso(now + 3 * hour) })]
  const form = formOf({ windows, timeZone: 'Asia/Seoul' })
  assert.deepEqual(bodyOf(form, 'Asia/Seoul'), { windows })
  const typed = form.map((each) => ({ ...each, codes: ' a \n\nb\na' }))
  assert.deepEqual(bodyOf(typed, 'Asia/Seoul').windows.map(({ codes }) => codes), [undefined, ['a', 'b']])
})

test('what is wrong with a window is said at its field', () => {
  const good = formOf(show())[0] as WindowForm
  const wrong = (given: Partial<WindowForm>, codeCount = 0) => {
    const form = { ...good, ...given }
    return wrongOf(form, [form, { ...good, key: 'other', name: '다른 이름' }], { zone: 'Asia/Seoul', codeCount, words: ko.windows })
  }
  assert.equal(isWrong(wrong({})), false)
  const cases: [Partial<WindowForm>, string, string][] = [
    [{ name: ' ' }, 'name', ko.windows.noName], [{ name: '다른 이름 ' }, 'name', ko.windows.twice], [{ opens: '' }, 'opens', ko.windows.noTime], [{ closes: good.opens }, 'closes', ko.windows.order],
    [{ lobby: good.opens }, 'lobby', ko.windows.lobbyLate], [{ audience: 'codes' }, 'codes', ko.windows.noCode], [{ sections: [] }, 'sections', ko.windows.noSection],
  ]
  for (const [given, field, text] of cases) assert.deepEqual(Object.entries(wrong(given)).filter(([, said]) => said !== undefined), [[field, text]])
  assert.equal(isWrong(wrong({ audience: 'codes' }, 3)), false)
})
