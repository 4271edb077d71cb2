import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Stage } from './stage.ts'

/** Others at a show, by the services' own operations: they join, hold and pay like everybody. */
type Who = { showId: string; userId?: string }

export async function take(stage: Stage, { showId, userId = randomUUID() }: Who, seatIds: number[]) {
  const who = { showId, userId, sessionId: userId }
  await stage.api.queue.join(who)
  return { userId, hold: await stage.api.seat.hold({ ...who, holdId: randomUUID(), seatIds, pass: await turnOf(stage, who) }) }
}

/** A busy machine lets in fewer at once: who is not called yet waits, like everybody. */
async function turnOf(stage: Stage, who: { showId: string; userId: string; sessionId: string }): Promise<string> {
  for (;;) {
    const turn = await stage.api.queue.pass({ ...who, verified: true }).catch((error: { code?: string }) => {
      if (error.code !== 'not_your_turn') throw error
      return undefined
    })
    if (turn) return turn.pass
    await wait(100)
  }
}

/** Held and bound, not paid. */
export async function reserve(stage: Stage, who: Who, seatIds: number[]) {
  const { userId, hold } = await take(stage, who, seatIds)
  return { userId, hold, reservation: await stage.api.reservation.create({ userId, holdIds: [hold.id] }) }
}

/** Paid, with money that is topped up for it. */
export async function buy(stage: Stage, who: Who, seatIds: number[]) {
  const { userId, reservation } = await reserve(stage, who, seatIds)
  const paymentId = randomUUID()
  let payment = await stage.api.payment.pay({ paymentId, userId, reservationId: reservation.id, topUp: reservation.total })
  for (; payment.status === 'pending'; payment = await stage.api.payment.get({ paymentId, userId })) await stage.settle()
  assert.equal(payment.status, 'completed')
  return { userId, reservationId: reservation.id }
}

export const joinMany = ({ api }: Stage, showId: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => randomUUID()).map((userId) => api.queue.join({ showId, userId, sessionId: userId })))

/** Until the line has let so many in; a busy machine lets them in by and by. */
export async function letIn(stage: Stage, showId: string, count: number) {
  while ((await stage.api.queue.frame({ showId })).admittedThrough < count) {
    await stage.settle()
    await wait(100)
  }
}

/** Until the show's page and its line would say so. */
export async function availability(stage: Stage, showId: string, state: string) {
  for (;;) {
    await stage.settle()
    const shown = (await (await fetch(new URL(`/api/shows/${showId}`, stage.url))).json()) as { availability: { state: string } | null }
    const { availability } = await stage.api.queue.frame({ showId })
    if (shown.availability?.state === state && availability === state) return
    await wait(50)
  }
}

/** Until the line itself has heard that nothing is left. */
export async function refusedAsSoldOut(stage: Stage, showId: string) {
  for (;;) {
    await stage.settle()
    const userId = randomUUID()
    const refused = await stage.api.queue.join({ showId, userId, sessionId: userId }).then(() => undefined, (error: { code?: string }) => error.code)
    if (refused === 'line_sold_out') return
    await wait(50)
  }
}
