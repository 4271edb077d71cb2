import { setTimeout as wait } from 'node:timers/promises'
import type { ChaosCrowd } from './crowd.ts'
import { type ChaosSystem, operator } from './system.ts'
import type { Tap } from './tap.ts'

export type World = { system: ChaosSystem; crowd: ChaosCrowd; tap: Tap; random: () => number }
/** Does one thing wrong and makes it good again; answers what it did, throws when it could not. `hits` is what no other fault may touch meanwhile. */
export type Fault = { kind: string; weight: number; hits: (world: World) => string; inflict: (world: World, target: string) => Promise<string> }

const between = ({ random }: World, low: number, high: number) => Math.round(low + random() * (high - low))
const oneOf = <T>({ random }: World, items: T[]) => items[Math.floor(random() * items.length)] as T
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
const services = (world: World) => world.system.services.replicas
const someService = (world: World) => {
  const { name, index } = oneOf(world, services(world))
  return `${name} ${index}`
}
const placeOf = (target: string) => {
  const [name = '', index = '0'] = target.split(' ')
  return { name, index: Number(index) }
}

async function freezeAll(world: World, targets: { name: string; index: number }[], ms: number) {
  for (const { name, index } of targets) world.system.services.signal(name, index, 'SIGSTOP')
  await wait(ms)
  for (const { name, index } of targets) world.system.services.signal(name, index, 'SIGCONT')
}

/** What may go wrong, and how often against the others; a weight of 0 comes only when asked for. */
export const faults: Fault[] = [
  {
    kind: 'service_killed', weight: 6, hits: someService,
    inflict: async (world, target) => {
      const awayMs = between(world, 0, 3_000)
      const { name, index } = placeOf(target)
      await world.system.killService(name, index, awayMs)
      return `${target}, away ${seconds(awayMs)} and its start`
    },
  },
  {
    kind: 'service_frozen', weight: 5, hits: someService,
    inflict: async (world, target) => {
      const ms = between(world, 500, 8_000)
      await freezeAll(world, [placeOf(target)], ms)
      return `${target} for ${seconds(ms)}`
    },
  },
  {
    kind: 'wallet_frozen', weight: 0, hits: () => 'wallet',
    inflict: async (world) => {
      const ms = between(world, 8_000, 10_000)
      await freezeAll(world, services(world).filter(({ name }) => name === 'wallet'), ms)
      return `every wallet for ${seconds(ms)}`
    },
  },
  {
    kind: 'redis_flushed', weight: 2, hits: () => 'redis',
    inflict: async ({ system }) => {
      const { createClient } = await import('@redis/client')
      const client = createClient({ url: system.engines.redis.url })
      client.on('error', () => undefined)
      await client.connect()
      await client.flushAll()
      await client.close()
      return 'FLUSHALL'
    },
  },
  {
    kind: 'redis_killed', weight: 2, hits: () => 'redis',
    inflict: async (world) => {
      const { redis } = world.system.engines
      const ms = between(world, 200, 5_000)
      await redis.kill()
      await wait(ms)
      await redis.restart()
      return `away ${seconds(ms)}`
    },
  },
  {
    kind: 'redis_frozen', weight: 1, hits: () => 'redis',
    inflict: async (world) => {
      const { redis } = world.system.engines
      const ms = between(world, 500, 3_000)
      redis.freeze()
      await wait(ms)
      redis.thaw()
      return `for ${seconds(ms)}`
    },
  },
  {
    kind: 'kafka_killed', weight: 1, hits: () => 'kafka',
    inflict: async (world) => {
      const { kafka } = world.system.engines
      const ms = between(world, 1_000, 15_000)
      await kafka.kill()
      await wait(ms)
      // its controller takes up to 14 s more to take a broker back that was not told to end
      await kafka.restart()
      return `away ${seconds(ms)} and its start`
    },
  },
  {
    kind: 'kafka_frozen', weight: 1, hits: () => 'kafka',
    inflict: async (world) => {
      const { kafka } = world.system.engines
      const ms = between(world, 1_000, 12_000)
      kafka.freeze()
      await wait(ms)
      kafka.thaw()
      return `for ${seconds(ms)}`
    },
  },
  {
    kind: 'postgres_killed', weight: 2, hits: () => 'postgres',
    inflict: async (world) => {
      const { postgres } = world.system.engines
      const ms = between(world, 0, 4_500)
      await postgres.kill()
      await wait(ms)
      await postgres.restart()
      return `away ${seconds(ms)}`
    },
  },
  {
    kind: 'connections_ended', weight: 4, hits: () => 'connections',
    inflict: async (world) => {
      const count = between(world, 1, 8)
      const ended = await world.system.rows(`select pg_terminate_backend(pid) from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid() order by random() limit ${count}`)
      return `${ended.length} of PostgreSQL's`
    },
  },
  {
    kind: 'events_duplicated', weight: 3, hits: () => 'events',
    inflict: async (world) => {
      const count = between(world, 20, 300)
      // a broker that is away tells nothing again
      const told = await world.tap.tellAgain(count, world.random).catch((error: unknown) => String(error))
      return `${told} old events told again`
    },
  },
  {
    kind: 'events_delayed', weight: 2, hits: () => 'outboxes',
    inflict: async (world) => {
      const ms = between(world, 2_000, 8_000)
      const { name } = oneOf(world, services(world).filter((each) => each.name !== 'gateway'))
      await world.system.rows(`insert into "${name}".outbox_leases (slot, holder, until)
        select slot, 'chaos', now() + $1::float8 * interval '1 millisecond' from generate_series(0, 15) slot
        on conflict (slot) do update set holder = excluded.holder, until = excluded.until`, [ms])
      return `the outbox of ${name} held for ${seconds(ms)}`
    },
  },
  {
    kind: 'show_paused', weight: 1, hits: () => 'show',
    inflict: async (world) => {
      const { crowd } = world
      const showId = crowd.rounds.at(-1)?.showId
      if (!showId) return 'no show'
      const ms = between(world, 300, 2_500)
      const session = await crowd.client.send('POST', '/api/sessions', { body: operator })
      const token = String(session.body.accessToken)
      const act = async (what: 'pause' | 'resume') => {
        const { status, body } = await crowd.client.send('POST', `/api/operations/shows/${showId}/${what}`, { token })
        if (status >= 300) throw new Error(`${what} of ${showId} was answered ${status} ${body.code ?? ''}`)
      }
      await act('pause')
      await wait(ms)
      await act('resume')
      return `${showId} for ${seconds(ms)}`
    },
  },
]
