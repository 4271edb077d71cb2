import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { type Row, rowsOf } from '../src/gateway/report.ts'
import { hold, pay, reserved, signInAgain, sound } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
after(() => world.close())

const minute = 60_000
const as = ({ token }: Person, path: string) => world.send('GET', `/api/shows/${path}`, { token })
/** A look that shares nothing with the one before. */
async function salesOf(showId: string) {
  world.time.now += minute
  return (await must(as(world.operator, `${showId}/sales`))).body
}
async function buy(person: Person, showId: string, seatIds: number[], priceTypes?: Record<string, string>): Promise<string> {
  const pass = await world.passOf(person, showId)
  const held = await must(hold(world, person, showId, seatIds, { pass }))
  const made = await must(world.send('POST', '/api/reservations', { token: person.token, body: { holdIds: [held.body.id], ...(priceTypes && { priceTypes }) } }))
  await must(pay(world, person, made.body.id))
  return made.body.id
}
const cancel = ({ token }: Person, reservationId: string, seatIds: number[]) => must(world.send('POST', `/api/reservations/${reservationId}/cancellations`, { token, body: { seatIds } }))
const refund = (showId: string, reservationId: string, seatIds: number[], reason: string) => must(world.send('POST', `/api/shows/${showId}/refunds`, { token: world.operator.token, body: { reservationId, seatIds, reason } }))

/** The same from other tables than the figures are counted on: what was paid, what the ledger moved, how seats stand. */
async function stored(showId: string) {
  const [money] = await world.db.rows<{ paid: number; refunded: number }>(sql`
    select coalesce(sum(amount), 0)::bigint as paid, coalesce(sum(refunded), 0)::bigint as refunded from payment.payments where show_id = ${showId} and status = 'completed'`)
  const [ledger] = await world.db.rows<{ balance: number }>(sql`select balance from wallet.accounts where kind = 'sales' and owner = ${showId}`)
  const seats = await world.db.rows<{ grade: string; status: number; count: number }>(sql`select grade, status, count(*)::int as count from seat.seats where show_id = ${showId} group by 1, 2`)
  const [buyers] = await world.db.rows<{ count: number }>(sql`
    select count(distinct r.user_id)::int as count from reservation.reservations r join reservation.lines l on l.reservation_id = r.id
    where r.show_id = ${showId} and r.status = 'confirmed' and l.status = 'active'`)
  const count = (grade: string, ...statuses: number[]) => seats.filter((seat) => seat.grade === grade && statuses.includes(seat.status)).reduce((sum, seat) => sum + seat.count, 0)
  return { paid: money?.paid, refunded: money?.refunded, ledger: ledger?.balance ?? 0, buyers: buyers?.count, count }
}

type Grade = Record<'grade' | 'priceType', string> & Record<'capacity' | 'available' | 'held' | 'reserved' | 'returned' | 'sold' | 'blocked' | 'refunded' | 'gross' | 'fees' | 'refunds', number> & { prices: Grade[] }
/** Whatever happened, the figures are what is stored. */
async function agree(showId: string) {
  await world.settle()
  const [body, truth] = [await salesOf(showId), await stored(showId)]
  for (const grade of body.grades as Grade[]) {
    const { count } = truth
    assert.deepEqual(
      [grade.available, grade.held, grade.returned, grade.sold, grade.blocked],
      [count(grade.grade, 0), count(grade.grade, 1, 2), count(grade.grade, 4), count(grade.grade, 3), count(grade.grade, 5)], grade.grade)
    assert.equal(grade.capacity, grade.available + grade.held + grade.returned + grade.sold + grade.blocked)
    const sum = (of: 'reserved' | 'sold' | 'refunded') => grade.prices.reduce((total, price) => total + price[of], 0)
    assert.deepEqual([sum('reserved'), sum('sold'), sum('refunded')], [grade.reserved, grade.sold, grade.refunded])
  }
  assert.deepEqual([body.gross + body.fees, body.refunds, body.net, body.account, body.buyers], [truth.paid, truth.refunded, truth.ledger, truth.ledger, truth.buyers])
  const all = (body.grades as Grade[]).flatMap(({ prices }) => prices)
  for (const part of ['gross', 'fees', 'refunds'] as const) assert.equal(all.reduce((total, price) => total + price[part], 0), body[part])
  const days = body.days as Record<'seats' | 'won' | 'refundedSeats' | 'refundedWon', number>[]
  const over = (of: 'seats' | 'won' | 'refundedSeats' | 'refundedWon') => days.reduce((total, day) => total + day[of], 0)
  const [sold, gone] = [all.reduce((n, { sold: s, refunded }) => n + s + refunded, 0), all.reduce((n, { refunded }) => n + refunded, 0)]
  assert.deepEqual([over('seats'), over('won'), over('refundedSeats'), over('refundedWon')], [sold, truth.paid, gone, truth.refunded])
  const reasons = body.reasons as { seats: number; won: number }[]
  assert.deepEqual([reasons.reduce((n, { seats }) => n + seats, 0), reasons.reduce((n, { won }) => n + won, 0)], [gone, truth.refunded])
  return body
}

test('figures are what is stored: sold, reserved, held and blocked seats, two price types, a cancellation, refunds, a seat sold again', async () => {
  const showId = await world.onSale({ rows: 2, seats: 10, standing: 5 })
  const [a, b, c, d] = (await world.fans(4)) as [Person, Person, Person, Person]
  const untouched = await agree(showId)
  assert.deepEqual(untouched.grades.map(({ grade, capacity, sold, prices }: Grade) => [grade, capacity, sold, prices.map(({ priceType }) => priceType)]), [['VIP', 20, 0, ['default', 'youth']], ['S', 5, 0, ['default']]])
  const ofA = await buy(a, showId, [1, 2], { 2: 'youth' })
  const ofB = await buy(b, showId, [3, 21])
  const unpaid = await reserved(world, c, showId, [5])
  await must(hold(world, d, showId, [6], { pass: await world.passOf(d, showId) }))
  await must(world.send('POST', `/api/shows/${showId}/blocks`, { token: world.operator.token, body: { seatIds: [9, 10], reason: '초대석' } }))
  const during = await agree(showId)
  const [vip] = during.grades as [Grade]
  assert.deepEqual([vip.available, vip.held, vip.reserved, vip.sold, vip.blocked], [13, 2, 1, 3, 2])
  assert.deepEqual([during.gross, during.fees, during.refunds, during.buyers, during.purchases], [320_000, 8_000, 0, 2, 2])
  assert.deepEqual(vip.prices.map(({ priceType, sold, gross }) => [priceType, sold, gross]), [['default', 2, 200_000], ['youth', 1, 70_000]])

  // nobody paid for these: nothing came back
  await must(world.send('DELETE', `/api/reservations/${unpaid.reservationId}`, { token: c.token }))
  await cancel(a, ofA, [2])
  await refund(showId, ofB, [3, 21], '무대 변경')
  await refund(showId, await buy(d, showId, [3]), [3], '무대 변경')
  await buy(a, showId, [3])
  const afterwards = await agree(showId)
  assert.deepEqual([afterwards.gross, afterwards.refunds, afterwards.net, afterwards.buyers, afterwards.purchases], [520_000, 328_000 - 102_000 + 102_000, 204_000, 1, 4])
  assert.deepEqual(afterwards.reasons, [{ kind: 'organiser', reason: '무대 변경', seats: 3, won: 256_000 }, { kind: 'buyer', reason: null, seats: 1, won: 72_000 }])
  await sound(world)
})

test('figures agree after each step of a random sale', async () => {
  const showId = await world.onSale({ rows: 3, seats: 10, ticketsPerUserMax: 50 })
  const people = await world.fans(5, 9_000_000)
  const owned: { person: Person; id: string; seatIds: number[] }[] = []
  let seed = 20_270_301
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }
  const free = new Set(Array.from({ length: 30 }, (_, i) => i + 1))
  for (let step = 0; step < 18; step++) {
    await signInAgain(world)
    world.time.now += random(2) * minute
    const mine = owned[random(owned.length)]
    const seatId = mine?.seatIds[random(mine.seatIds.length)]
    if (mine && seatId !== undefined && random(3) > 0) {
      if (random(2) === 0) await cancel(mine.person, mine.id, [seatId])
      else await refund(showId, mine.id, [seatId], `reason ${random(3)}`)
      mine.seatIds.splice(mine.seatIds.indexOf(seatId), 1)
      await world.advance(25_000)
      free.add(seatId)
    } else {
      const seatIds = [...free].slice(0, 1 + random(3))
      const person = people[random(people.length)] as Person
      owned.push({ person, id: await buy(person, showId, seatIds), seatIds })
      for (const id of seatIds) free.delete(id)
    }
    await agree(showId)
  }
  assert.ok(owned.length >= 5 && free.size > 0)
  await sound(world)
})

test('where the sale stands: before, open, between two windows, over, cancelled with everything refunded; a draft has its plan', async () => {
  const iso = (ms: number) => new Date(ms).toISOString()
  const now = world.time.now
  const windows = [[60, 120], [180, 240]].map(([from = 0, to = 0], i) => ({ name: `w${i}`, opensAt: iso(now + from * minute), closesAt: iso(now + to * minute), audience: 'everyone', sections: null }))
  const showId = await world.onSale({ windows })
  const standsAt = async (minutes: number) => {
    world.time.now = now + minutes * minute
    await signInAgain(world)
    const { sale, opensAt, closesAt } = await salesOf(showId)
    return [sale, opensAt, closesAt]
  }
  assert.deepEqual(await standsAt(5), ['before', windows[0]?.opensAt, windows[0]?.closesAt])
  assert.deepEqual(await standsAt(60), ['open', windows[0]?.opensAt, windows[0]?.closesAt])
  await world.settle()
  const [fan] = (await world.fans(1)) as [Person]
  await buy(fan, showId, [1, 2])
  assert.deepEqual(await standsAt(125), ['between', windows[1]?.opensAt, windows[1]?.closesAt])
  assert.deepEqual(await standsAt(250), ['over', null, windows[1]?.closesAt])
  await must(world.send('POST', `/api/shows/${showId}/cancel`, { token: world.operator.token, body: { reason: '태풍' } }))
  await world.settle()
  await world.advance(2_000)
  const body = await agree(showId)
  assert.deepEqual([body.sale, body.net, body.refunds, body.reasons], ['cancelled', 0, 204_000, [{ kind: 'show_cancelled', reason: null, seats: 2, won: 204_000 }]])

  const concert = await must(world.send('POST', '/api/concerts', { token: world.operator.token, body: { title: '초안', venue: '시험장', description: '' } }))
  const draft = await must(world.send('POST', `/api/concerts/${concert.body.id}/shows`, {
    token: world.operator.token,
    body: { startsAt: iso(now + 9e9), endsAt: iso(now + 9.1e9), timeZone: 'Asia/Seoul', plan: { sections: [{ name: 'A', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 7 }] }] } },
  }))
  const { sale, grades, gross } = await salesOf(draft.body.id)
  assert.deepEqual([sale, grades.map(({ grade, capacity, available }: Grade) => [grade, capacity, available]), gross], ['draft', [['R', 7, 7]], 0])
})

test('looks of the same second are one look; the next second is counted anew', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const first = await salesOf(showId)
  await buy(fan, showId, [1])
  assert.deepEqual((await as(world.operator, `${showId}/sales`)).body, first)
  const next = await salesOf(showId)
  assert.deepEqual([first.net, next.net], [0, 102_000])
})

const unquoted = (text: string) => text.replace(/^\uFEFF/, '').trimEnd().split('\r\n').map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? ''))
async function report(showId: string, { lang = 'en' } = {}) {
  const answer = await world.system.app.inject({ method: 'GET', url: `/api/shows/${showId}/report.csv?lang=${lang}`, headers: { authorization: `Bearer ${world.operator.token}` } })
  return { headers: answer.headers, body: answer.body, rows: unquoted(answer.body) }
}

test('the report has a line for every seat that was paid, in the time of the venue, without a name, and its sums are the figures', async () => {
  const showId = await world.onSale()
  const [a, b] = (await world.fans(2)) as [Person, Person]
  const ofA = await buy(a, showId, [1, 2, 3], { 3: 'youth' })
  await refund(showId, await buy(b, showId, [4]), [4], 'x')
  world.time.now += 1_000
  await cancel(a, ofA, [2])
  await reserved(world, b, showId, [7])
  await world.settle()
  const { body: all } = await must(as(a, '../reservations'))
  const number = all.items.find(({ showId: of }: { showId: string }) => of === showId).number
  const { headers, body, rows: [head, ...rows] } = await report(showId)
  assert.equal(headers['content-type'], 'text/csv; charset=utf-8')
  assert.match(String(headers['content-disposition']), /^attachment; filename="openrun-2027-\d\d-\d\d\.csv"; filename\*=UTF-8''openrun-2027-\d\d-\d\d%20%EC%8B%9C%ED%97%98%20/)
  assert.ok(body.startsWith('\uFEFF') && body.endsWith('\r\n'))
  assert.deepEqual(head, ['Reservation', 'Paid at (times in Asia/Seoul)', 'Section', 'Row', 'Seat', 'Grade', 'Price type', 'Price', 'Booking fee', 'State', 'Refunded', 'Refunded at'])
  assert.deepEqual(rows.map((row) => [...row.slice(2, 11)]), [
    ['A', '1', '1', 'VIP', 'standard', '100000', '2000', 'sold', '0'], ['A', '1', '3', 'VIP', 'youth', '70000', '2000', 'sold', '0'],
    ['A', '1', '4', 'VIP', 'standard', '100000', '2000', 'refunded', '102000'], ['A', '1', '2', 'VIP', 'standard', '100000', '2000', 'refunded', '102000'],
  ])
  assert.equal(rows[0]?.[0], number)
  const seoul = new Date(world.time.now + 9 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ')
  assert.ok(rows.every((row) => row[1]?.startsWith(seoul)), `${rows[0]?.[1]} ${seoul}`)
  const sum = (...columns: number[]) => rows.reduce((total, row) => columns.reduce((n, column) => n + Number(row[column]), total), 0)
  const { gross, fees, refunds } = await salesOf(showId)
  assert.deepEqual([sum(7), sum(8), sum(10)], [gross, fees, refunds])
  assert.ok(![a.userId, b.userId, '@'].some((personal) => body.includes(personal)))
  assert.match((await report(showId, { lang: 'ko' })).body, /^\uFEFF예매번호,결제 시각 \(시각은 Asia\/Seoul 기준\),/)
})

test('one report at a time is written for one person: the next is asked to wait, another person is not, and afterwards all is as before', async () => {
  const showId = await world.onSale()
  const login = { email: 'second-operator@test.example', password: 'report-test-1234' }
  await world.system.userService.ensureUser({ ...login, name: 'Operator', role: 'operator' })
  const other = await world.signIn(login.email, login.password)
  const ask = (who: Person) => as(who, `${showId}/report.csv`)
  // as many as must meet: two may well come one after the other
  const [others, ...answers] = await Promise.all([ask(other), ...Array.from({ length: 20 }, () => ask(world.operator))])
  const refused = answers.filter(({ status }) => status !== 200)
  assert.equal(others.status, 200)
  assert.ok(refused.length > 0 && refused.length < answers.length, `${refused.length} refused`)
  for (const { status, body } of refused) assert.deepEqual([status, body.code], [429, 'rate_limited'])
  for (const _ of [1, 2]) assert.equal((await ask(world.operator)).status, 200)
})

test('names an organiser chose cannot run in a spreadsheet, and commas and quotes stay within their cell', async () => {
  const [fan] = (await world.fans(1)) as [Person]
  const token = world.operator.token
  const by = { userId: world.operator.userId, role: 'operator' as const }
  const now = world.time.now
  const { showId } = await world.system.api.concert.createWithShow({
    by, concert: { title: "O'Malley, *live*", venue: 'v', description: '' },
    show: { startsAt: now + 9e9, endsAt: now + 9.1e9, timeZone: 'Asia/Seoul', ticketsPerUserMax: 4, bookingFee: 0, policy: { version: 1, cutoffMinutesBeforeStart: 0 } },
    plan: { sections: [{ name: '=1+1', kind: 'seated', grade: '@SUM(A1), "R"', rows: [{ name: '-1', seats: 2 }] }] }, prices: [{ grade: '@SUM(A1), "R"', price: 0 }],
    windows: [{ name: 'w', opensAt: now - 1_000, closesAt: now + 9e8, audience: 'everyone', sections: null }],
  })
  await world.settle()
  await refund(showId, await buy(fan, showId, [1]), [1], 'free of charge')
  await world.settle()
  const { rows: [, row], headers } = await report(showId)
  assert.deepEqual(row?.slice(2, 11), ["'=1+1", "'-1", '1', `'@SUM(A1), "R"`, 'standard', '0', '0', 'refunded', '0'])
  assert.match(String(headers['content-disposition']), /%20O%27Malley%2C%20%2Alive%2A\.csv$/)
  const [one] = (await must(world.send('GET', `/api/shows/${showId}/refunds`, { token }))).body.items
  assert.deepEqual([one.refund, one.doneAt !== null, one.lines.length], [0, true, 1])
})

async function allOf(...asked: Parameters<typeof rowsOf>) {
  const rows: Row[] = []
  for await (const page of rowsOf(...asked)) rows.push(...page)
  return rows
}

test('a seat that is refunded while a report is written stands in it once', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const id = await buy(fan, showId, [1, 2])
  const { reservation } = world.system.api
  // between the page of what is sold and the page of what is refunded
  const meanwhile: typeof reservation = { ...reservation, sold: async (input) => {
    const page = await reservation.sold(input)
    await refund(showId, id, [1], 'meanwhile')
    return page
  } }
  const rows = await allOf(meanwhile, showId)
  assert.deepEqual(rows.map(({ seatId, refundedAt }) => [seatId, refundedAt]), [[1, null], [2, null]])
  const later = await allOf(reservation, showId)
  assert.deepEqual(later.map(({ seatId, refundedAt }) => [seatId, refundedAt === null]), [[2, true], [1, false]])
})

test('refunds are listed newest first, page by page, with whether the money is back', async () => {
  const showId = await world.onSale()
  const token = world.operator.token
  const [fan] = (await world.fans(1)) as [Person]
  const id = await buy(fan, showId, [1, 2, 3])
  await cancel(fan, id, [1])
  world.time.now += 1_000
  await refund(showId, id, [2], '파손')
  const page = async (cursor?: string) => (await must(world.send('GET', `/api/shows/${showId}/refunds?limit=1${cursor ? `&cursor=${cursor}` : ''}`, { token }))).body
  const [newest] = (await page()).items
  assert.deepEqual([newest.kind, newest.reason, newest.refund, newest.doneAt, newest.lines.map(({ seatId, seat }: Record<string, unknown>) => [seatId, seat])], ['organiser', '파손', 102_000, null, [[2, '2']]])
  await world.settle()
  const first = await page()
  const second = await page(first.nextCursor)
  assert.deepEqual([first.items[0].doneAt !== null, second.items[0].kind, second.items[0].reservationId, second.nextCursor], [true, 'buyer', id, null])
  assert.equal((await world.send('GET', `/api/shows/${showId}/refunds?cursor=nonsense`, { token })).status, 400)
})

test('a foreign organiser finds no such show, a fan may not ask, nobody has to sign in first, nonsense is nonsense', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  await world.system.userService.ensureUser({ email: 'foreign@test.example', password: 'sales-test-1234', name: 'Foreign', role: 'organiser' })
  const foreign = await world.signIn('foreign@test.example', 'sales-test-1234')
  for (const path of ['sales', 'report.csv', 'refunds']) {
    const refused = await as(foreign, `${showId}/${path}`)
    assert.deepEqual([refused.status, refused.body.code], [404, 'show_unknown'], path)
    assert.deepEqual([(await as(fan, `${showId}/${path}`)).body.code, (await world.send('GET', `/api/shows/${showId}/${path}`)).status], ['role_required', 401], path)
    assert.equal((await as(world.operator, `${randomUUID()}/${path}`)).body.code, 'show_unknown', path)
    assert.equal((await as(world.operator, `nonsense/${path}`)).status, 400, path)
  }
})
