import { setTimeout as wait } from 'node:timers/promises'
import { Consumer, Producer } from '@platformatic/kafka'
import { serviceNames } from '../services.ts'

type Kept = { topic: string; partition: number; key: Buffer; value: Buffer }
export type Heard = { producer: string; name: string; key: string; version: number }
export type Tap = Awaited<ReturnType<typeof openTap>>

const topics = serviceNames.map((name) => `openrun.${name}`)
const retryMs = 1_000
const patience = { connectTimeout: 3_000, timeout: 5_000, retries: 1, retryDelay: 300 }

/** Reads everything that is told over Kafka, outages included, and can tell old things again. */
export function openTap(brokers: string) {
  const kept = new Map<string, Kept>()
  const stopping = new AbortController()
  let consumer: Consumer | undefined
  let rounds = 0

  async function read() {
    while (!stopping.signal.aborted) {
      try {
        consumer = new Consumer({ ...patience, clientId: 'chaos-tap', groupId: `chaos-tap-${process.pid}-${rounds++}`, bootstrapBrokers: [brokers], autocommit: false, sessionTimeout: 10_000 })
        consumer.on('error', () => undefined)
        const stream = await consumer.consume({ topics, mode: 'earliest' })
        consumer.on('consumer:heartbeat:stalled' as never, () => stream.destroy(new Error('stalled')))
        for await (const { topic, partition, offset, key, value } of stream) kept.set(`${topic}/${partition}/${offset}`, { topic, partition, key, value })
      } catch {
        // the broker is away, or topics are not there yet: everything is read again then
      }
      await Promise.race([consumer?.close(true).catch(() => undefined), wait(3_000)])
      await wait(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const reading = read()

  return {
    count: () => kept.size,
    /** every event that was ever told, as often as it was told */
    events: (): Heard[] => [...kept.values()].flatMap(({ value }) => {
      const { producer, name, key, version } = JSON.parse(value.toString()) as Heard
      return [{ producer, name, key, version }]
    }),
    /** tells some of what was told before again, in any order, after whatever came since; answers how many */
    async tellAgain(count: number, random: () => number): Promise<number> {
      const oneOf = <T>(items: T[]) => items[Math.floor(random() * items.length)] as T
      // by name first: what is told rarely comes again as often as what is told all the time
      const byName = [...Map.groupBy(kept.values(), ({ value }) => (JSON.parse(value.toString()) as Heard).name).values()]
      if (byName.length === 0) return 0
      const some = Array.from({ length: count }, () => oneOf(oneOf(byName)))
      const producer = new Producer({ ...patience, clientId: 'chaos-again', bootstrapBrokers: [brokers] })
      try {
        await producer.send({ messages: some.map(({ topic, partition, key, value }) => ({ topic, partition, key, value })) })
        return some.length
      } finally {
        await producer.close().catch(() => undefined)
      }
    },
    close: async () => {
      stopping.abort()
      await Promise.race([consumer?.close(true).catch(() => undefined), wait(3_000)])
      await Promise.race([reading, wait(3_000)])
    },
  }
}
