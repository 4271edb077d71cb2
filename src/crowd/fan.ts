import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { call, type Crowd, type Fan, type Temper, timed } from './ask.ts'
import type { Answer } from './client.ts'
import { followAs } from './line.ts'
import { fillWallet, payOnce } from './money.ts'
import { mayHaveMoved } from './outages.ts'

/** so many follow by a stream, everybody else asks: one process has to read all of it */
const streamsMax = 500
const lookMs = 2_000
/** how often a fan holds what the frames say against the exact answer */
const looksExactly = 0.02

/** Draws a temper; the shares are what rivals' post-mortems report of real crowds, rounded. */
export function temperOf(random: () => number): Temper {
  const oneOf = <T>(...choices: [number, T][]): T => {
    let left = random()
    for (const [share, value] of choices) {
      left -= share
      if (left < 0) return value
    }
    return (choices.at(-1) as [number, T])[1]
  }
  return {
    quantity: oneOf([0.5, 1], [0.4, 2], [0.1, 4]),
    abandons: oneOf([0.94, 'no'], [0.04, 'politely'], [0.02, 'silently']),
    doubleClicks: random() < 0.1,
    swaps: random() < 0.08,
    losesAnswers: random() < 0.05,
    money: oneOf([0.5, 'ready'], [0.4, 'tops up in the payment'], [0.1, 'too little first']),
    picks: oneOf([0.6, 'map'], [0.2, 'best'], [0.2, 'nearest']),
  }
}

/** One fan from arrival to ticket or giving up. Every answer is held against what was promised before. */
export async function visit(crowd: Crowd, token: string, temper: Temper): Promise<void> {
  const { record } = crowd
  const fan: Fan = { crowd, token, temper, pass: '', number: 0, rank: 0, position: 0, isCalled: false }
  record.counts.arrived++
  if (temper.money === 'ready') await fillWallet(fan)
  const arrivedAt = performance.now()
  if (!(await join(fan)) || !(await waitForTurn(fan)) || !(await enter(fan))) return giveUp(fan)
  record.waits.push(performance.now() - arrivedAt)
  record.counts.entered++
  while (!crowd.deadline() && !crowd.soldOut) {
    const hold = await takeSeats(fan)
    if (!hold) break
    const outcome = await buy(fan, hold)
    if (outcome === 'bought') {
      await leave(fan)
      return crowd.afterwards?.({ token, pass: fan.pass })
    }
    if (outcome === 'walked away') return
  }
  await giveUp(fan)
}

type Held = { id: string; seatIds: number[]; until: string }

async function join(fan: Fan): Promise<boolean> {
  const { crowd } = fan
  const answer = await timed(fan, 'join', 'POST', `/api/shows/${crowd.showId}/queue`, { body: {} }, [200, 201])
  if (!answer) return false
  fan.number = Number(answer.body.number)
  crowd.tell?.({ kind: 'place', token: fan.token, number: fan.number })
  fan.rank = Number(answer.body.rank ?? answer.body.number)
  fan.position = Number(answer.body.position ?? Number.POSITIVE_INFINITY)
  fan.isCalled = answer.body.status === 'called' || answer.body.status === 'inside'
  crowd.record.counts.joined++
  return true
}

/** Follows the line as the web page does; only what is exact is asked for. A number never changes, a position never grows. */
async function waitForTurn(fan: Fan): Promise<boolean> {
  const { crowd } = fan
  if (fan.isCalled) return true
  let changed: () => void = () => undefined
  const streams = crowd.streams < streamsMax
  if (streams) crowd.streams++
  const follower = followAs(crowd.client, crowd.showId, fan.rank, { streams, onChange: () => changed() })
  follower.know(fan.position)
  let position = fan.position
  try {
    while (!crowd.deadline() && !crowd.soldOut) {
      const change = new Promise<void>((resolve) => {
        changed = resolve
      })
      await Promise.race([change, wait(lookMs)])
      const view = follower.view()
      if (view?.availability === 'sold_out') crowd.soldOut = true
      if (view?.position != null && view.position > position) crowd.record.surprise(`position grew from ${position} to ${view.position}`)
      position = Math.min(position, view?.position ?? position)
      if (!view?.isDue && crowd.random() > looksExactly) continue
      const verdict = await lookExactly(fan, position)
      if (verdict !== undefined) return verdict
      if (view?.isDue) await wait(crowd.thinkMs(200, 800))
    }
    return false
  } finally {
    follower.close()
    if (streams) crowd.streams--
  }
}

/** What the frame let hope for may be too little, never too much. Undefined: the wait goes on. */
async function lookExactly(fan: Fan, hoped: number): Promise<boolean | undefined> {
  const { crowd } = fan
  const answer = await call(fan, 'GET', `/api/shows/${crowd.showId}/queue/me`, {}, [200])
  if (!answer) return false
  const place = answer.body as { number: number; status: string; position: number }
  if (place.number !== fan.number) {
    crowd.record.lost.places++
    crowd.record.surprise(`place ${fan.number} became ${place.number}`)
    return false
  }
  if (place.position > hoped) crowd.record.surprise(`the frame said ${hoped} ahead, there are ${place.position}`)
  if (place.status === 'called' || place.status === 'inside') return true
  if (place.status === 'ended') return false
  if (place.status === 'asleep') await call(fan, 'POST', `/api/shows/${crowd.showId}/queue/wake`, {}, [200])
  return undefined
}

async function enter(fan: Fan): Promise<boolean> {
  const answer = await call(fan, 'POST', `/api/shows/${fan.crowd.showId}/queue/pass`, {}, [201])
  if (!answer) return false
  fan.pass = String(answer.body.pass)
  return true
}

async function takeSeats(fan: Fan): Promise<Held | undefined> {
  const { crowd, temper } = fan
  let quantity = temper.quantity
  while (!crowd.deadline()) {
    await wait(crowd.thinkMs(100, 1_500))
    const free = await freeSeats(fan)
    if (!free) return undefined
    if (free.length === 0) {
      if (await isSoldOut(fan)) return undefined
      await wait(crowd.thinkMs(300, 1_000))
      continue
    }
    quantity = Math.min(quantity, free.length)
    const answer = await holdSome(fan, free, quantity)
    if (answer?.status === 201) {
      crowd.record.counts.holding++
      const hold = answer.body as unknown as Held
      tellHold(fan, hold)
      return temper.swaps ? await swap(fan, hold) : hold
    }
    if (!answer || ['line_closed', 'show_closed', 'quota_exceeded'].includes(answer.body.code ?? '')) return undefined
    if (answer.body.code === 'pass_expired' || answer.body.code === 'pass_ended') if (!(await enter(fan))) return undefined
    if (answer.body.code === 'not_enough_seats') quantity = Math.max(1, quantity - 1)
  }
  return undefined
}

async function freeSeats(fan: Fan): Promise<number[] | undefined> {
  const { crowd } = fan
  // like the web page, the plan is read once and then only the snapshot
  const known = crowd.plan ? `?planVersion=${crowd.plan.version}` : ''
  const answer = await call(fan, 'GET', `/api/shows/${crowd.showId}/seats${known}`, {}, [200])
  if (!answer) return undefined
  const states = Buffer.from(String(answer.body.states), 'base64')
  const listed = ((answer.body.seats ?? []) as unknown[]).length
  if (listed > 0) crowd.plan = { version: Number(answer.body.planVersion), seats: listed }
  const count = crowd.plan?.seats ?? 0
  const free: number[] = []
  for (let index = 0; index < count; index++) if (((states[index >> 2] ?? 0) >> ((index & 3) * 2) & 3) === 0) free.push(index + 1)
  return free
}

async function isSoldOut(fan: Fan): Promise<boolean> {
  const answer = await call(fan, 'GET', `/api/shows/${fan.crowd.showId}`, {}, [200])
  const availability = answer?.body.availability as { state?: string } | null | undefined
  if (availability?.state === 'sold_out') fan.crowd.soldOut = true
  return fan.crowd.soldOut
}

const holdRefusals = [409, 403, 404]

async function holdSome(fan: Fan, free: number[], quantity: number): Promise<Answer | undefined> {
  const { crowd, temper } = fan
  const path = `/api/shows/${crowd.showId}/holds`
  if (temper.picks === 'best') return timed(fan, 'hold', 'POST', `${path}/best`, { key: randomUUID(), pass: fan.pass, body: { quantity, together: false } }, [201, ...holdRefusals])
  const first = Math.floor(crowd.random() * free.length)
  const seatIds = [...new Set(Array.from({ length: quantity }, (_, i) => free[(first + i) % free.length] as number))]
  const body = temper.picks === 'nearest' ? { seatIds, fallback: 'nearest', together: false } : { seatIds }
  return timed(fan, 'hold', 'POST', path, { key: randomUUID(), pass: fan.pass, body }, [201, ...holdRefusals])
}

/** Changes one's mind once: the deadline must not move and a refusal must leave the old seats. */
async function swap(fan: Fan, hold: Held): Promise<Held> {
  const free = (await freeSeats(fan)) ?? []
  if (free.length < hold.seatIds.length) return hold
  const seatIds = free.slice(0, hold.seatIds.length)
  const answer = await call(fan, 'POST', `/api/shows/${fan.crowd.showId}/holds`, { key: randomUUID(), pass: fan.pass, body: { seatIds, replaces: hold.id } }, [201, ...holdRefusals])
  if (answer?.status !== 201) return hold
  if (!mayHaveMoved(fan.crowd, { from: Date.parse(hold.until), to: Date.parse(String(answer.body.until)) })) fan.crowd.record.surprise(`swap moved the deadline from ${hold.until} to ${answer.body.until}`)
  tellHold(fan, answer.body as unknown as Held)
  return answer.body as unknown as Held
}

const tellHold = ({ crowd, token }: Fan, { id, seatIds }: Held) => crowd.tell?.({ kind: 'hold', token, id, seatIds })

async function buy(fan: Fan, hold: Held): Promise<'bought' | 'again' | 'walked away'> {
  const { crowd, temper } = fan
  await wait(crowd.thinkMs(200, 2_000))
  if (temper.abandons === 'silently') {
    crowd.walkers.walkAway({ token: fan.token, holdId: hold.id, seats: hold.seatIds.length, until: hold.until })
    return 'walked away'
  }
  if (temper.abandons === 'politely') {
    await call(fan, 'DELETE', `/api/holds/${hold.id}`, {}, [204, 409])
    await leave(fan)
    return 'walked away'
  }
  const reservation = await timed(fan, 'reserve', 'POST', '/api/reservations', { key: randomUUID(), body: { holdIds: [hold.id] } }, [201, 409])
  if (!reservation) return 'again'
  if (reservation.status === 409) {
    if (Date.parse(hold.until) > Date.now() + 1_000) loseHold(fan, `hold ${hold.id} until ${hold.until}: ${reservation.body.code}`)
    return 'again'
  }
  if (Date.parse(String(reservation.body.expiresAt)) < Date.parse(hold.until)) crowd.record.surprise('reserving brought the deadline nearer')
  return pay(fan, reservation.body as unknown as Reserved, hold)
}

type Reserved = { id: string; total: number; expiresAt: string; lines: { seatId: number }[] }

async function pay(fan: Fan, reservation: Reserved, hold: Held): Promise<'bought' | 'again'> {
  const { crowd, temper } = fan
  await wait(crowd.thinkMs(200, 1_500))
  const topUp = temper.money === 'tops up in the payment' ? { topUp: Math.max(1, reservation.total) } : {}
  let answer = await payOnce(fan, { reservationId: reservation.id, ...topUp })
  if (answer?.status === 402 && temper.money === 'too little first') {
    const missing = Number(answer.body.missing)
    answer = await payOnce(fan, { reservationId: reservation.id, topUp: Math.max(1, missing) })
  }
  if (!answer) return 'again'
  if (answer.body.status === 'completed') {
    const seatIds = reservation.lines.map((line) => line.seatId)
    crowd.record.buy(String(answer.body.id), seatIds)
    crowd.tell?.({ kind: 'payment', token: fan.token, id: String(answer.body.id), reservationId: reservation.id, seatIds })
    return 'bought'
  }
  if (Date.parse(reservation.expiresAt) > Date.now() + 1_000) loseHold(fan, `payment for hold ${hold.id}: ${answer.status} ${answer.body.code ?? answer.body.status}`)
  return 'again'
}

function loseHold(fan: Fan, what: string) {
  fan.crowd.record.lost.holds++
  fan.crowd.record.surprise(what)
}

async function leave(fan: Fan) {
  await call(fan, 'DELETE', `/api/shows/${fan.crowd.showId}/queue/me`, {}, [204, 404, 409])
}

async function giveUp(fan: Fan) {
  fan.crowd.record.counts.gaveUp++
  if (fan.number > 0) await leave(fan)
}
