import { failuresAmong } from './errands.ts'
import type { Database } from '../platform/database.ts'
import { signWebhook } from '../platform/webhook.ts'
import { chargesToTell, markTold, type Charge } from './store-sandbox.ts'

/** Hands one told answer over; throws when it was not taken. */
export type Tell = (ref: string, headers: Record<string, string>, body: string) => Promise<void>
const perRunMax = 100
const timeoutMs = 5_000

/** The sandbox's own job: what was to be told and is due goes out signed, again and again until it is taken. */
export async function tellDue(db: Database, { secret, tell, now }: { secret: string; tell: Tell; now: () => number }): Promise<void> {
  const due = await chargesToTell(db, now(), perRunMax)
  const ends = await Promise.allSettled(due.map(async (charge) => {
    const { headers, body } = callbackOf(charge, secret, now())
    await tell(charge.ref, headers, body)
    await markTold(db, charge.ref, now())
  }))
  const failures = failuresAmong(ends)
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} callbacks of the sandbox were not taken`)
}

/** One message id for each charge, however often it is told. */
export function callbackOf({ ref, amount, outcome }: Pick<Charge, 'ref' | 'amount' | 'outcome'>, secret: string, now: number) {
  const body = JSON.stringify({ ref, amount, outcome })
  const { id, timestamp, signature } = signWebhook(secret, { id: `msg_${ref}`, timestamp: String(Math.floor(now / 1_000)), body })
  return { headers: { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }, body }
}

export const tellByHttp = (origin: string): Tell => async (_ref, headers, body) => {
  const response = await fetch(new URL('/api/providers/sandbox/callbacks', origin), { method: 'POST', headers, body, signal: AbortSignal.timeout(timeoutMs) })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`the callback was answered ${response.status}`)
}
