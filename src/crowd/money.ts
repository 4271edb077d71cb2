import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { call, type Fan, timed } from './ask.ts'
import type { Answer } from './client.ts'

const richBalance = 2_000_000
const settlesWithinMs = 60_000
const payAnswers = [201, 202, 402, 409]

/** One payment to its end. */
export async function payOnce(fan: Fan, body: unknown): Promise<Answer | undefined> {
  const sent = { key: randomUUID(), body }
  const answer = await timed(fan, 'pay', 'POST', '/api/payments', sent, payAnswers)
  return untilSettled(fan, answer, () => call(fan, 'POST', '/api/payments', sent, payAnswers))
}

/** Money that a bank has not confirmed, as after an outage, is not there yet: whoever pays before that is refused, and rightly. */
export async function fillWallet(fan: Fan) {
  const sent = { key: randomUUID(), body: { amount: richBalance } }
  const ask = () => call(fan, 'POST', '/api/wallet/top-ups', sent, [201, 202])
  await untilSettled(fan, await ask(), ask)
}

/** What waits for a bank ends by itself, also when the sale is over: going home before that would look like a loss. */
async function untilSettled(fan: Fan, first: Answer | undefined, again: () => Promise<Answer | undefined>): Promise<Answer | undefined> {
  const endsAt = performance.now() + settlesWithinMs
  let answer = first
  while (answer?.status === 202 && performance.now() < endsAt) {
    await wait(fan.crowd.thinkMs(200, 400))
    answer = await again()
  }
  return answer
}
