import type { Api, Operations } from './contract.ts'
import type { Tx } from './database.ts'
import type { Envelope } from './events.ts'
import type { Job } from './jobs.ts'

/** Applies events in the order of their key's versions; changes only its own tables; may throw to be tried again. */
export type EventHandler = (tx: Tx, events: Envelope[]) => Promise<void>

/** A service is a function from what it needs to this. `on` is keyed by event name. */
export type Service<Ops extends Operations> = {
  api: Api<Ops>
  on?: Record<string, EventHandler>
  /** makes good what an outage did, before anybody is served */
  recover?: () => Promise<unknown>
  jobs?: Job[]
}

/** What every service is given: time, identity and chance are arguments, so that tests own them. */
export type Surroundings = {
  now: () => number
  newId: () => string
  random: () => number
}
