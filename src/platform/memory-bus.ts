import { createDelivery, type DeliveryOptions } from './delivery.ts'
import type { Subscriber } from './inbox.ts'
import { createRelay, type Relay, type RelayOptions } from './relay.ts'

export type BusOptions = RelayOptions & DeliveryOptions & {
  /** services of this process that listen */
  subscribers: Subscriber[]
}

/** The bus inside one process: what leaves an outbox is applied by every subscriber before it is deleted there. */
export function createMemoryBus(options: BusOptions): Relay {
  const deliveries = options.subscribers.map((subscriber) => createDelivery(options, subscriber))
  return createRelay(options, async (events) => {
    const failed = new Set<string>()
    for (const deliver of deliveries) for (const key of await deliver(events)) failed.add(key)
    return failed
  })
}
