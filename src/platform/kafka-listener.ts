import { setTimeout as sleep } from 'node:timers/promises'
import { Consumer, ListOffsetTimestamps, type Message, type MessagesStream } from '@platformatic/kafka'
import type { StepHook } from './contract.ts'
import { createDelivery, type Delivery, type DeliveryOptions } from './delivery.ts'
import type { Envelope } from './events.ts'
import type { Subscriber } from './inbox.ts'
import { createBacklog } from './kafka-backlog.ts'
import type { Logger } from './log.ts'
import { park } from './parked.ts'

export type ListenerOptions = DeliveryOptions & {
  client: { clientId: string; bootstrapBrokers: string[] }
  subscriber: Subscriber
  groupId: string
  topics: string[]
  read: (topic: string, value: Buffer) => Envelope | undefined
  /** makes sure that the topics exist */
  prepare: () => Promise<void>
  log: Pick<Logger, 'warn' | 'error'>
  step?: StepHook | undefined
  sessionTimeoutMs?: number
  retryMs?: number
}

const batchMax = 500
const fetchBytesMax = 4_194_304
const retryMsDefault = 500
const closeMsMax = 10_000

type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>
type Arrived = Message<Buffer, Buffer, Buffer, Buffer>

/** One subscriber's member of its group. A session that breaks is followed by another, from the committed offsets. */
export function createListener(options: ListenerOptions) {
  const { subscriber, log, topics, retryMs = retryMsDefault } = options
  const stopping = new AbortController()
  const delivery = createDelivery(options, subscriber)
  let consumer: Consumer | undefined
  let running: Promise<void> | undefined

  async function run() {
    while (!stopping.signal.aborted) {
      try {
        await options.prepare()
        consumer = openConsumer(options)
        consumer.on('error', (error) => log.warn({ subscriber: subscriber.name, err: error }, 'membership failed'))
        await listen(options, consumer, delivery, stopping.signal)
      } catch (error) {
        log.warn({ subscriber: subscriber.name, reason: reasonOf(error) }, 'listening was interrupted')
      }
      // one that cannot leave is forgotten by its group after the session timeout: nobody waits longer for it
      await Promise.race([consumer && leave(consumer), sleep(closeMsMax, undefined, { ref: false })]).catch((error: unknown) =>
        log.warn({ subscriber: subscriber.name, err: error }, 'a consumer did not close'))
      consumer = undefined
      await pause(retryMs, stopping.signal)
    }
  }

  return {
    name: subscriber.name,
    start: () => {
      running ??= run()
    },
    lag: async () => {
      if (!consumer) throw new Error(`${subscriber.name} does not listen`)
      return lagOf(consumer, topics)
    },
    /** what it waits for from a broker that does not answer is left: it is read again by whoever follows */
    close: async () => {
      stopping.abort()
      await Promise.race([running, sleep(closeMsMax, undefined, { ref: false })])
    },
  }
}

const openConsumer = ({ client, groupId, sessionTimeoutMs = 10_000 }: ListenerOptions) =>
  new Consumer({
    // a member of the same name takes its place at once; a nameless one would wait until the group forgets its predecessor
    ...client, groupId, groupInstanceId: client.clientId, autocommit: false, sessionTimeout: sessionTimeoutMs, rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: sessionTimeoutMs / 10, maxWaitTime: 1_000, maxBytes: fetchBytesMax, highWaterMark: batchMax,
  })

/** A member that closes while it joins anew, as when another one left, would go on with its heartbeat for ever; one that has left does not. */
async function leave(consumer: Consumer): Promise<void> {
  await new Promise<void>((resolve) => consumer.leaveGroup(true, () => resolve())) // fails when no broker answers: then nobody is told
  await consumer.close(true)
}

/** Reads, applies and commits until told to stop; throws when the broker is away. */
async function listen(options: ListenerOptions, consumer: Consumer, deliver: Delivery, signal: AbortSignal): Promise<void> {
  const { subscriber, log, read, step, retryMs = retryMsDefault } = options
  const backlog = createBacklog()
  const stream = await consumer.consume({ topics: options.topics, mode: 'committed', fallbackMode: 'earliest' })
  const next = reading(stream, signal)
  // a member that the group no longer answers would read nothing for ever
  consumer.on('error', (error) => stream.destroy(error))
  consumer.on('consumer:heartbeat:stalled', () => stream.destroy(new Error('the group does not answer')))
  let retryAt = 0

  /** A database that is away is no event's fault: the same is told again until it is back. */
  async function insist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (signal.aborted) throw error
        log.warn({ subscriber: subscriber.name, err: error }, 'events wait for the database')
        await pause(retryMs, signal)
      }
    }
  }

  while (!signal.aborted) {
    for (const message of await next(backlog.heldCount() > 0 ? retryMs : undefined)) {
      const event = read(message.topic, message.value)
      if (!event) await insist(() => parkUnreadable(options, message))
      backlog.add(message, event)
    }
    const retry = performance.now() >= retryAt
    for (const entries of backlog.take(retry)) backlog.hold(entries, await insist(() => deliver(entries.map(({ event }) => event))))
    if (retry) retryAt = performance.now() + retryMs
    const offsets = backlog.offsets()
    if (offsets.length === 0) continue
    step?.('commit', `${subscriber.name} offsets`)
    await consumer.commit({ offsets })
    backlog.committed(offsets)
  }
}

/** Gives what has arrived, at most a batch; nothing after `waitMs` or when told to stop. Throws when the stream broke. */
function reading(stream: Stream, signal: AbortSignal): (waitMs?: number) => Promise<Arrived[]> {
  let wake = () => {}
  // listeners stay: a stream that nobody listens to stops fetching
  for (const name of ['readable', 'error', 'close'] as const) stream.on(name as 'readable', () => wake())
  signal.addEventListener('abort', () => wake(), { once: true })
  return async (waitMs) => {
    const arrived: Arrived[] = []
    for (let round = 0; ; round++) {
      for (let message = stream.read(); message !== null; message = stream.read()) {
        arrived.push(message)
        if (arrived.length === batchMax) break
      }
      if (arrived.length > 0 || signal.aborted || round > 0) return arrived
      if (stream.errored) throw stream.errored
      if (stream.destroyed || stream.readableEnded) throw new Error('the stream ended')
      await new Promise<void>((resolve) => {
        const timer = waitMs === undefined ? undefined : setTimeout(resolve, waitMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

/** What no producer of ours wrote is kept where operators look; it stands for no key, so nothing waits behind it. */
async function parkUnreadable({ db, now, subscriber, onParked }: ListenerOptions, { topic, partition, offset, value }: Arrived) {
  const data = { topic, partition, base64: value?.toString('base64') ?? null }
  const event = { producer: topic, name: 'unreadable', key: `${partition}/${offset}`, version: 1, occurredAt: now(), data }
  await park(db, subscriber.name, [event], 'not an event of its topic', now())
  onParked?.(subscriber.name, event, new Error('not an event of its topic'))
}

async function lagOf(consumer: Consumer, topics: string[]): Promise<number> {
  const ends = await consumer.listOffsets({ topics, timestamp: ListOffsetTimestamps.LATEST })
  const places = [...ends].map(([topic, partitions]) => ({ topic, partitions: partitions.map((_, i) => i) }))
  const committed = await consumer.listCommittedOffsets({ topics: places })
  let lag = 0n
  for (const [topic, partitions] of ends)
    for (const [i, end] of partitions.entries()) {
      const passed = committed.get(topic)?.[i] ?? 0n
      lag += end - (passed > 0n ? passed : 0n)
    }
  return Number(lag)
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined)

/** The client tells every try with all its stacks, ten thousand characters of them; the innermost sentence says it. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message
}
