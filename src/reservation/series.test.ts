import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addMoment, type ByMinute, seriesLimits, seriesOf } from './series.ts'

const at = (text: string) => Date.parse(text)
function sold(...times: string[]): ByMinute {
  const byMinute: ByMinute = new Map()
  for (const time of times) addMoment(byMinute, at(time), { seats: 1, won: 1_000 })
  return byMinute
}
const seats = (moments: { at: number; seats: number }[]) => moments.map((moment) => [new Date(moment.at).toISOString().slice(0, 16), moment.seats])

test('what happens within a minute is one moment, in the order of time, and refunds stand beside sales', () => {
  const byMinute = sold('2027-03-01T11:05:59.999Z', '2027-03-01T11:00:00.000Z', '2027-03-01T11:00:59.999Z')
  addMoment(byMinute, at('2027-03-01T11:00:30Z'), { refundedSeats: 1, refundedWon: 900 })
  const { minutes } = seriesOf(byMinute, { from: at('2027-03-01T11:00:00Z'), timeZone: 'Asia/Seoul' })
  assert.deepEqual(minutes, [
    { at: at('2027-03-01T11:00Z'), seats: 2, won: 2_000, refundedSeats: 1, refundedWon: 900 },
    { at: at('2027-03-01T11:05Z'), seats: 1, won: 1_000, refundedSeats: 0, refundedWon: 0 },
  ])
})

test('minutes and hours end, days hold everything, before the opening too', () => {
  const byMinute = sold('2027-02-28T00:00:00Z', '2027-03-01T11:00:00Z', '2027-03-01T13:59:59Z', '2027-03-01T14:00:00Z', '2027-03-04T10:59:59Z', '2027-03-04T11:00:00Z')
  const { minutes, hours, days } = seriesOf(byMinute, { from: at('2027-03-01T11:00:12Z'), timeZone: 'Asia/Seoul' })
  assert.deepEqual(seats(minutes), [['2027-03-01T11:00', 1], ['2027-03-01T13:59', 1]])
  assert.deepEqual(seats(hours), [['2027-03-01T11:00', 1], ['2027-03-01T13:00', 1], ['2027-03-01T14:00', 1], ['2027-03-04T10:00', 1]])
  assert.deepEqual(days.map(({ day, seats: n }) => [day, n]), [['2027-02-28', 1], ['2027-03-01', 3], ['2027-03-04', 2]])
})

test('hours and days are those of the show’s time zone, also where clocks stand at half an hour or are changed', () => {
  const of = (timeZone: string, ...times: string[]) => seriesOf(sold(...times), { from: at(times[0] ?? ''), timeZone })
  const kolkata = of('Asia/Kolkata', '2027-03-01T18:25:00Z', '2027-03-01T18:31:00Z', '2027-03-01T18:29:00Z')
  assert.deepEqual(seats(kolkata.hours), [['2027-03-01T17:30', 2], ['2027-03-01T18:30', 1]])
  assert.deepEqual(kolkata.days.map(({ day, seats: n }) => [day, n]), [['2027-03-01', 2], ['2027-03-02', 1]])
  assert.deepEqual(of('Asia/Seoul', '2027-03-01T14:59:59Z', '2027-03-01T15:00:00Z').days.map(({ day }) => day), ['2027-03-01', '2027-03-02'])
  // in New York the clocks go from 2:00 to 3:00 on 14 March 2027
  const york = of('America/New_York', '2027-03-14T04:59:00Z', '2027-03-14T06:59:00Z', '2027-03-14T07:00:00Z', '2027-03-15T03:59:00Z', '2027-03-15T04:00:00Z')
  assert.deepEqual(york.days.map(({ day, seats: n }) => [day, n]), [['2027-03-13', 1], ['2027-03-14', 3], ['2027-03-15', 1]])
})

test('however long a sale is, there are at most as many points', () => {
  const byMinute: ByMinute = new Map()
  const from = at('2027-01-01T00:00:00Z')
  for (let n = 0; n < 500 * 24 * 4; n++) addMoment(byMinute, from + n * 900_000, { seats: 1 })
  for (let n = 0; n < 600; n++) addMoment(byMinute, from + n * 60_000, { seats: 1 })
  const { minutes, hours, days } = seriesOf(byMinute, { from, timeZone: 'Asia/Seoul' })
  assert.deepEqual([minutes.length, hours.length, days.length], [seriesLimits.minutesMax, seriesLimits.hoursMax, seriesLimits.daysMax])
  assert.equal(days.at(-1)?.day, '2028-05-15')
})
