import type { Bus, BusParts } from './compose.ts'
import type { Config } from './config.ts'
import type { Api, Operations } from './platform/contract.ts'
import type { Database } from './platform/database.ts'
import { createIdentity, type ServiceClaims } from './platform/inner-door.ts'
import { createKafkaBus } from './platform/kafka-bus.ts'
import type { Logger } from './platform/log.ts'
import type { Metrics } from './platform/metrics.ts'
import { remote } from './platform/remote.ts'
import { createTokens, type Tokens } from './platform/token.ts'
import { keyIdOf } from './keys.ts'
import { type ServiceName, serviceNames, urlOf } from './services.ts'

type Needs = { db: Database; now: () => number; newId: () => string; random: () => number; wait: (ms: number) => Promise<void>; log: Logger; metrics: Metrics }

export const createServiceTokens = (secret: string): Tokens<ServiceClaims> => createTokens<ServiceClaims>('service', [{ id: keyIdOf(secret), secret }])

/** The callers of services that run in other processes, in the name of what runs here. */
export function createElsewhere(config: Config, { now, random, wait, log, metrics }: Needs) {
  const tokens = createServiceTokens(config.SERVICE_SECRET ?? '')
  // whoever may call the most: the gateway, or the last of the services here
  const self = config.runs.has('gateway') ? 'gateway' : (serviceNames.findLast((name) => config.runs.has(name)) ?? 'callbacks')
  const identity = createIdentity(self, tokens, now)
  const opened: (() => Promise<void>)[] = []
  return {
    caller: <Ops extends Operations>(name: ServiceName, operations: Ops): Api<Ops> => {
      const origins = config[urlOf(name)]?.split(',')
      // what a service never calls has no URL; a call to it is a bug and fails as one
      if (!origins) return {} as Api<Ops>
      metrics.breakerOpen.set({ service: name }, 0)
      const onBreaker = (openCount: number) => {
        metrics.breakerOpen.set({ service: name }, openCount)
        log.warn({ service: name, replicas: origins.length, silent: openCount }, openCount > 0 ? 'service does not answer' : 'service answers again')
      }
      const { api, close } = remote(name, operations, { origins, identity, random, wait, onBreaker })
      opened.push(close)
      return api
    },
    close: async () => {
      await Promise.all(opened.map((close) => close()))
    },
  }
}

export const openKafka = (config: Config, { db, now, newId, log }: Needs) => (bus: BusParts): Bus =>
  createKafkaBus({ ...bus, prefix: config.KAFKA_PREFIX, brokers: (config.KAFKA_BROKERS ?? '').split(','), sources: serviceNames.filter((name) => !config.absent.has(name)), db, now, holder: newId(), log })
