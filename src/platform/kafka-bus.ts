import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, findErrorBy, Producer, stringSerializers } from '@platformatic/kafka'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { bigintMax, Instant } from './contract.ts'
import { isStorable } from './database.ts'
import type { DeliveryOptions } from './delivery.ts'
import { type Envelope, outboxSlots, slotOf } from './events.ts'
import type { Subscriber } from './inbox.ts'
import { createListener } from './kafka-listener.ts'
import type { Logger } from './log.ts'
import { createRelay, type Relay, type RelayOptions } from './relay.ts'

export type KafkaBusOptions = RelayOptions & DeliveryOptions & {
  /** host:port of one or more brokers */
  brokers: string[]
  /** services of this process that listen */
  subscribers: Subscriber[]
  /** every service of the system that may produce; each subscriber listens to all of them */
  sources: string[]
  log: Pick<Logger, 'warn' | 'error'>
  /** begins the names of topics (`openrun.seat`) and groups (`openrun.payment`) */
  prefix?: string
  /** a process that died without a word loses its partitions after this */
  sessionTimeoutMs?: number
  /** between two tries of a key that failed, of a database and of a broker that are away */
  retryMs?: number
  /** how long a broker may take to keep a batch before it counts as away */
  sendMsMax?: number
}

export type KafkaBus = Relay & {
  /** begins to listen; a broker that is away is waited for */
  start: () => void
  /** events in the topics that a subscriber's group has not yet passed; throws while no broker answers */
  lag: () => Promise<Map<string, number>>
  /** finishes what was read, commits it and leaves the groups */
  close: () => Promise<void>
}

/** What a client of ours waits for before it says that the broker is away. */
export const patience = { connectTimeout: 3_000, timeout: 5_000, retries: 3, retryDelay: 300 }
const closeMsMax = 5_000
/** how long a topic that was just made is waited for */
const [ledMsMax, ledPollMs] = [5_000, 50]
const eventBytesMax = 8_388_608
/** What a broker that takes connections and never answers may hold up: the library would wait a minute and more. */
const sendMsMaxDefault = 15_000
/** A key whose event the broker refused for good is tried again after this: an administrator may have raised its limit. */
const refusedRestMs = 30_000
const refusedForGood = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']

const keyLengthMax = 200
const fields = { name: Type.String({ maxLength: keyLengthMax }), key: Type.String({ maxLength: keyLengthMax }), version: Type.Integer({ minimum: 1, maximum: bigintMax }) }
/** Fields we do not know yet are let through: an older process reads what a newer one wrote. */
const envelope = Compile(Type.Object({ producer: Type.String(), ...fields, occurredAt: Instant, data: Type.Record(Type.String(), Type.Unknown()) }))

/**
 * The bus between processes. A topic per producing service, a partition per outbox slot, a group per subscriber. The relay
 * deletes what all in-sync replicas have; a listener commits offsets only after effect and receipt are committed.
 */
export function createKafkaBus(options: KafkaBusOptions): KafkaBus {
  const { prefix = 'openrun', brokers, sources } = options
  const client = { clientId: `${prefix}-${options.holder}`, bootstrapBrokers: brokers, ...patience }
  const topicOf = (service: string) => `${prefix}.${service}`
  const admin = new Admin(client)
  const producer = new Producer({ ...client, idempotent: true, acks: -1, serializers: stringSerializers })

  const prepared = new Set<string>()
  const prepare = async (services: string[]) => {
    const missing = services.filter((service) => !prepared.has(service))
    if (missing.length > 0) await createTopics(admin, missing.map(topicOf))
    for (const service of missing) prepared.add(service)
  }

  const refused = createResting(options.now)
  // what is still on its way when its time is over may arrive after all: by then it is a repeat of what is sent again
  const send = (events: Envelope[]) => inTime(sendNow(events), options.sendMsMax ?? sendMsMaxDefault)

  async function sendNow(events: Envelope[]): Promise<Set<string>> {
    await prepare([...new Set(events.map((event) => event.producer))])
    const messages = events.map((event) => ({ topic: topicOf(event.producer), partition: slotOf(event.key), key: event.key, value: write(event) }))
    try {
      await producer.send({ messages })
      return new Set()
    } catch (error) {
      if (!refusedForGood.some((id) => findErrorBy(error as Error, 'apiId', id))) throw error
      return sendHalves(events, error)
    }
  }

  /** Smaller batches until it is known which key the broker does not take; that key stays in the outbox from there on. */
  async function sendHalves(events: Envelope[], error: unknown): Promise<Set<string>> {
    const [{ key, name, producer } = {} as Envelope] = events
    if (events.length === 1) {
      options.log.error({ producer, event: name, key, err: error }, 'event refused by the broker')
      refused.rest(producer, key)
      return new Set([key])
    }
    const failed = await sendNow(events.slice(0, events.length >> 1))
    const rest = events.slice(events.length >> 1).filter((event) => !failed.has(event.key))
    return rest.length === 0 ? failed : new Set([...failed, ...(await sendNow(rest))])
  }

  const listeners = options.subscribers.map((subscriber) =>
    createListener({ ...options, client, subscriber, groupId: topicOf(subscriber.name), topics: sources.map(topicOf), read: reader(prefix), prepare: () => prepare(sources) }))
  return {
    ...createRelay(options, send, refused.keysOf),
    start: () => {
      for (const listener of listeners) listener.start()
    },
    lag: async () => new Map(await Promise.all(listeners.map(async ({ name, lag }) => [name, await lag()] as const))),
    close: async () => {
      await Promise.all(listeners.map((listener) => listener.close()))
      // one that does not answer is not waited for
      await inTime(Promise.all([producer.close(), admin.close()]), closeMsMax).catch((error: unknown) => options.log.warn({ err: error }, 'the connection to the broker did not close'))
    },
  }
}

function createResting(now: () => number) {
  const until = new Map<string, { producer: string; key: string; at: number }>()
  return {
    rest: (producer: string, key: string) => void until.set(`${producer} ${key}`, { producer, key, at: now() + refusedRestMs }),
    keysOf: (producer: string) => {
      for (const [name, { at }] of until) if (at <= now()) until.delete(name)
      return [...until.values()].filter((each) => each.producer === producer).map(({ key }) => key)
    },
  }
}

/** The same, or an error once the time is over; what comes after that is nobody's. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const over = new AbortController()
  try {
    return await Promise.race([work, sleep(ms, undefined, { signal: over.signal }).then(() => {
      throw new Error(`the broker did not answer within ${ms} ms`)
    })])
  } finally {
    over.abort()
    work.catch(() => undefined)
  }
}

const write = ({ producer, name, key, version, occurredAt, data }: Envelope) =>
  JSON.stringify({ producer, name, key, version, occurredAt, data })

/** An event as its topic's producer wrote it, such as its outbox could keep; undefined for anything else. */
const reader = (prefix: string) => (topic: string, value: Buffer): Envelope | undefined => {
  try {
    const text = value.toString()
    const event: unknown = JSON.parse(text)
    const isOurs = envelope.Check(event) && topic === `${prefix}.${event.producer}` && (!text.includes('\\u') || isStorable(event))
    return isOurs ? event : undefined
  } catch {
    return undefined
  }
}

/** What exists is left as it is: where topics are an administrator's, nothing is asked for but their names and partitions. */
async function createTopics(admin: Admin, topics: string[]): Promise<void> {
  const existing = new Set(await admin.listTopics())
  const missing = topics.filter((topic) => !existing.has(topic))
  if (missing.length > 0) {
    const configs = [{ name: 'max.message.bytes', value: String(eventBytesMax) }]
    await admin.createTopics({ topics: missing, partitions: outboxSlots, configs }).catch((error: Error) => {
      if (!findErrorBy(error, 'apiId', 'TOPIC_ALREADY_EXISTS')) throw error
    })
    await untilLed(admin, missing)
  }
  // also of those that were missing: somebody else may have made one that the broker did not list yet
  await requirePartitions(admin, topics)
}

/** A busy broker says that topics are made a moment before it knows them; whoever writes to them sooner is told they are not there. */
async function untilLed(admin: Admin, names: string[]): Promise<void> {
  for (let waited = 0; waited < ledMsMax; waited += ledPollMs) {
    const found = await admin.metadata({ topics: names, forceUpdate: true }).catch(() => undefined)
    const isLed = (name: string) => found?.topics.get(name)?.partitions.every(({ leader }) => leader >= 0) ?? false
    if (names.every(isLed)) return
    await sleep(ledPollMs)
  }
}

/** Throws for a topic in which some slots of the outbox have no partition: their keys would never leave. */
async function requirePartitions(admin: Admin, names: string[]): Promise<void> {
  const { topics } = await admin.metadata({ topics: names })
  for (const name of names) {
    // one that the broker does not know yet takes nothing either
    const count = topics.get(name)?.partitionsCount ?? outboxSlots
    if (count < outboxSlots) throw new Error(`topic ${name} has ${count} partitions and needs ${outboxSlots}: kafka-topics.sh --alter --topic ${name} --partitions ${outboxSlots}`)
  }
}
