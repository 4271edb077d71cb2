import type { Database } from './database.ts'
import type { Envelope } from './events.ts'
import { deliver, deliveryAttemptsMax, type Subscriber } from './inbox.ts'
import { park, parkBehind, parkedKeys } from './parked.ts'

export type DeliveryOptions = {
  db: Database
  now: () => number
  onParked?: ((subscriber: string, event: Envelope, error: unknown) => void) | undefined
}

/** Applies events of one producer, in order; returns the keys that could not be applied and must be told again. */
export type Delivery = (events: Envelope[]) => Promise<string[]>

/**
 * What a bus does for one subscriber, however the events came: a key that fails blocks only itself and is parked after
 * `deliveryAttemptsMax` tries in a row, with its later messages. Throws when the database is away; nobody's tries count then.
 */
export function createDelivery({ db, now, onParked }: DeliveryOptions, subscriber: Subscriber): Delivery {
  const attempts = new Map<string, number>()
  return async (events) => {
    if (!events.some((event) => subscriber.on[event.name])) return []
    const parked = await parkedKeys(db, subscriber.name)
    const behind = events.filter((event) => parked.has(nameOf(event)) && subscriber.on[event.name])
    const freed = behind.length > 0 ? await parkBehind(db, subscriber, behind, now()) : []
    const open = [...freed, ...events.filter((event) => !parked.has(nameOf(event)))]
    const failures = await deliver(db, subscriber, open)
    // tries count in a row: what was applied is no poison
    for (const event of open) if (!failures.has(event.key)) attempts.delete(nameOf(event))
    const again: string[] = []
    for (const [key, error] of failures) {
      const mine = open.filter((event) => event.key === key && subscriber.on[event.name])
      const name = nameOf(mine[0] as Envelope)
      const tries = (attempts.get(name) ?? 0) + 1
      attempts.set(name, tries)
      if (tries < deliveryAttemptsMax) {
        again.push(key)
        continue
      }
      await park(db, subscriber.name, mine, error, now())
      attempts.delete(name)
      for (const event of mine) onParked?.(subscriber.name, event, error)
    }
    return again
  }
}

const nameOf = (event: Envelope) => `${event.producer} ${event.key}`
