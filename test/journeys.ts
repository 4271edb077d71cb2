import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type Answer, must, type Person, type Send, type ShowOptions } from './system.ts'

/** Openrun as its public HTTP shows it, wherever and in however many processes it runs. */
export type Shop = {
  send: (method: string, path: string, options?: Send) => Promise<Answer>
  signIn: (email: string, password: string) => Promise<Person>
  operator: Person
  /** verified buyers with money */
  fans: (count: number, balance?: number) => Promise<Person[]>
  onSale: (options?: ShowOptions) => Promise<string>
  passOf: (person: Person, showId: string) => Promise<string>
  /** the token of the link in a verification mail */
  verificationOf: (email: string) => Promise<string>
  /** what services tell each other has arrived: the first answer that is as expected, or the last one */
  eventually: (look: () => Promise<Answer>, isAsExpected: (answer: Answer) => boolean) => Promise<Answer>
  /** nothing is left to do and no invariant is broken */
  sound: () => Promise<void>
}

async function buy(shop: Shop, person: Person, showId: string, seatIds: number[]) {
  const { token } = person
  const pass = await shop.passOf(person, showId)
  const hold = await shop.send('POST', `/api/shows/${showId}/holds`, { token, pass, key: 'hold', body: { seatIds } })
  assert.equal(hold.status, 201, JSON.stringify(hold.body))
  const reservation = await shop.send('POST', '/api/reservations', { token, key: `r-${hold.body.id}`, body: { holdIds: [hold.body.id] } })
  assert.equal(reservation.status, 201, JSON.stringify(reservation.body))
  const payment = await shop.send('POST', '/api/payments', { token, key: `p-${hold.body.id}`, body: { reservationId: reservation.body.id } })
  assert.deepEqual([payment.status, payment.body.status], [201, 'completed'], JSON.stringify(payment.body))
  return { reservation: reservation.body, payment: payment.body }
}

const balanceIs = (shop: Shop, { token }: Person, balance: number) =>
  shop.eventually(() => shop.send('GET', '/api/me', { token }), (me) => me.body.balance === balance).then((me) => assert.equal(me.body.balance, balance))

/** From sign-up to a paid, confirmed reservation. */
export async function fromSignUp(shop: Shop) {
  const { send, eventually } = shop
  const showId = await shop.onSale()
  const email = `fan-${randomUUID()}@test.example`
  assert.equal((await send('POST', '/api/users', { body: { email, name: '김팬', password: 'a good password' } })).status, 201)
  const { token } = await shop.signIn(email, 'a good password')
  const link = await shop.verificationOf(email)
  const joined = await send('POST', `/api/shows/${showId}/queue`, { token, body: {} })
  assert.deepEqual([joined.status, joined.body.number], [201, 1])
  await eventually(() => send('GET', `/api/shows/${showId}/queue/me`, { token }), (place) => place.body.status === 'called')
  const early = await send('POST', `/api/shows/${showId}/queue/pass`, { token, body: {} })
  assert.equal(early.body.code, 'email_unverified')
  assert.ok((await send('POST', '/api/users/verification', { body: { token: link } })).status < 300)
  const { body: { pass } } = await send('POST', `/api/shows/${showId}/queue/pass`, { token, body: {} })
  const hold = await send('POST', `/api/shows/${showId}/holds`, { token, pass, body: { seatIds: [1, 2] } })
  assert.equal(hold.status, 201, JSON.stringify(hold.body))
  const reservation = await send('POST', '/api/reservations', { token, body: { holdIds: [hold.body.id] } })
  assert.equal(reservation.body.total, 204_000)
  const poor = await send('POST', '/api/payments', { token, body: { reservationId: reservation.body.id } })
  assert.deepEqual([poor.status, poor.body.code, poor.body.missing], [402, 'balance_insufficient', 204_000])
  const paid = await send('POST', '/api/payments', { token, body: { reservationId: reservation.body.id, topUp: 300_000 } })
  assert.deepEqual([paid.status, paid.body.status], [201, 'completed'], JSON.stringify(paid.body))
  const confirmed = await send('GET', `/api/reservations/${reservation.body.id}`, { token })
  assert.equal(confirmed.body.status, 'confirmed')
  assert.match(confirmed.body.number, /^[0-9A-HJKMNP-TV-Z]{8}$/)
  await balanceIs(shop, { token } as Person, 96_000)
  const story = await send('GET', `/api/shows/${showId}/queue/me/story`, { token })
  assert.ok(story.body.steps.length >= 3)
  await shop.sound()
}

export async function cancelled(shop: Shop) {
  const { send, eventually } = shop
  const showId = await shop.onSale()
  const [fan, other] = await shop.fans(2) as [Person, Person]
  const { token } = fan
  const { reservation } = await buy(shop, fan, showId, [3, 4])
  const part = await send('POST', `/api/reservations/${reservation.id}/cancellations`, { token, key: 'c1', body: { seatIds: [3] } })
  assert.deepEqual([part.status, part.body.refund], [201, 102_000], JSON.stringify(part.body))
  const again = await send('POST', `/api/reservations/${reservation.id}/cancellations`, { token, key: 'c2', body: { seatIds: [3] } })
  assert.equal(again.body.code, 'line_cancelled')
  await balanceIs(shop, fan, 898_000)
  await shop.sound()
  const rest = await send('DELETE', `/api/reservations/${reservation.id}`, { token })
  assert.ok(rest.status < 300, JSON.stringify(rest.body))
  await balanceIs(shop, fan, 1_000_000)
  const free = (show: Answer) => show.body.availability.state === 'open' && show.body.left?.every((grade: { available: number; total: number }) => grade.available === grade.total)
  const show = await eventually(() => send('GET', `/api/shows/${showId}`), free)
  assert.ok(free(show), JSON.stringify(show.body))
  await buy(shop, other, showId, [3, 4])
  await shop.sound()
}

export async function showCancelled(shop: Shop) {
  const { send, eventually } = shop
  const showId = await shop.onSale()
  const [late, ...fans] = await shop.fans(4) as [Person, ...Person[]]
  for (const [index, fan] of fans.entries()) await buy(shop, fan, showId, [index * 2 + 1, index * 2 + 2])
  const pass = await shop.passOf(late, showId)
  const hold = (seatId: number) => send('POST', `/api/shows/${showId}/holds`, { token: late.token, pass, body: { seatIds: [seatId] } })
  assert.equal((await hold(10)).status, 201)
  assert.ok((await send('POST', `/api/shows/${showId}/cancel`, { token: shop.operator.token, body: { reason: 'illness' } })).status < 300)
  for (const fan of fans) await balanceIs(shop, fan, 1_000_000)
  const refused = await eventually(() => hold(11), (answer) => answer.body.code === 'show_closed')
  assert.equal(refused.body.code, 'show_closed')
  await shop.sound()
}

/** What one process does has to be done by any number of them; by public HTTP alone. */
export const journeys: Record<string, (shop: Shop) => Promise<void>> = {
  'from sign-up to a paid, confirmed reservation': fromSignUp,
  'part of it is cancelled, then the rest: the money is back and the seats are on sale again': cancelled,
  'a cancelled show refunds everybody, also who was paying, and sells nothing more': showCancelled,
}

/** Buyers who want the same few seats at once get each seat once; what they were told is what is stored. */
export async function contention(shop: Shop, { buyers = 24, rounds = 6, random }: { buyers?: number; rounds?: number; random: () => number }) {
  // they want the first ten of twenty: with fewer seats left not everybody would be called
  const showId = await shop.onSale({ rows: 2, seats: 10 })
  const people = await shop.fans(buyers, 0)
  const passes = await Promise.all(people.map((person) => shop.passOf(person, showId)))
  const owners = new Map<number, string>()
  const answers = new Map<string, number>()
  const take = async (person: Person, pass: string) => {
    const first = 1 + Math.floor(random() * 9)
    const { status, body } = await shop.send('POST', `/api/shows/${showId}/holds`, { token: person.token, pass, key: randomUUID(), body: { seatIds: random() < 0.5 ? [first, first + 1] : [first] } })
    answers.set(body.code ?? String(status), (answers.get(body.code ?? String(status)) ?? 0) + 1)
    if (status !== 201) return
    for (const seatId of body.seatIds) {
      // who holds exactly these already is given that hold again
      assert.ok([undefined, person.userId].includes(owners.get(seatId)), `seat ${seatId} has two owners`)
      owners.set(seatId, person.userId)
    }
    if (random() < 0.3) return
    // let go of before the request: afterwards somebody else may have it before we hear of the answer
    for (const seatId of body.seatIds) owners.delete(seatId)
    await must(shop.send('DELETE', `/api/holds/${body.id}`, { token: person.token }))
  }
  for (let round = 0; round < rounds; round++) await Promise.all(people.map((person, i) => take(person, passes[i] as string)))
  const expected = ['201', 'seat_taken', 'hold_exists', 'quota_exceeded']
  assert.deepEqual([...answers.keys()].filter((answer) => !expected.includes(answer)), [])
  for (const both of ['201', 'seat_taken']) assert.ok(answers.has(both), `nobody was answered ${both}`)
  const shownAsFree = ({ body }: Answer) => {
    const states = Buffer.from(body.states, 'base64')
    return [...owners.keys()].filter((seatId) => (((states[(seatId - 1) >> 2] ?? 0) >> (((seatId - 1) & 3) * 2)) & 3) === 0)
  }
  const map = await shop.eventually(() => shop.send('GET', `/api/shows/${showId}/seats`), (answer) => shownAsFree(answer).length === 0)
  assert.deepEqual(shownAsFree(map), [], 'what is held is not shown as free')
  await shop.sound()
}
