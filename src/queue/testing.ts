import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import type { ShowPublished } from '../concert/api.ts'
import { type Api, local } from '../platform/contract.ts'
import type { Database } from '../platform/database.ts'
import { deliver } from '../platform/inbox.ts'
import { isRefusal, Refusal, UnknownOutcome } from '../platform/outcome.ts'
import { createMemoryLive } from '../platform/live.ts'
import { createSigner } from '../platform/signature.ts'
import { createLog } from '../platform/log.ts'
import { createMetrics } from '../platform/metrics.ts'
import { openTestDatabase } from '../platform/testing.ts'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import type { Beacon } from './beacon.ts'
import { timeOfRound } from './draw-beacon.ts'
import { toHex } from './draw-rules.ts'
import { beaconDomain, messageOf } from './draw-signature.ts'
import { createTokens } from '../platform/token.ts'
import type { PassClaims, Pressure, SeatApi } from '../seat/api.ts'
import { type QueueApi, queueOperations, type WorkClaims } from './api.ts'
import { queueChecks } from './checks.ts'
import { queueDrawChecks } from './draw-checks.ts'
import { codeHash } from './line.ts'
import type { LinePort } from './line-port.ts'
import { createQueue } from './service.ts'
import { beat } from './store-clock.ts'

export const minute = 60_000
export const day = 86_400_000
const start = Date.UTC(2030, 0, 1)

export type Who = { showId: string; userId: string; sessionId: string }
export type TestWindow = { id?: string; lobbyOpensAt?: number; opensAt?: number; closesAt?: number; codes?: string[]; sections?: string[] | null }
export type Ground = Awaited<ReturnType<typeof openGround>>

/** A queue service on real SQL whose clock is a field, with a hand-made seat service at its border. */
export async function openGround({ capDefault = 2, beacon = true, lines }: { capDefault?: number; beacon?: boolean; lines?: LinePort } = {}) {
  const db = await openTestDatabase(['queue'])
  const clock = { now: start, lagMs: 0 }
  const passes = createTokens<PassClaims>('pass', [{ id: 't', secret: 'a test secret of some length' }])
  const works = createTokens<WorkClaims>('work', [{ id: 't', secret: 'a test secret of some length' }])
  const signer = createSigner('frame', [{ id: 't', secret: 'a test secret of some length' }])
  const live = createMemoryLive()
  const seat = seatAtBorder()
  const chain = beaconOf(() => clock.now)
  const metrics = createMetrics()
  const create = (own = lines) => createQueue({ db, seat: seat.api, passes, works, signer, live, capDefault, beacon: beacon ? chain.beacon : undefined, metrics, log: createLog('silent'), ...(own && { lines: own }), now: () => clock.now, lagMs: () => clock.lagMs, newId: randomUUID, random: () => 0.5 })
  const service = create()
  const callerOf = (created: typeof service): QueueApi => local('queue', queueOperations, created.api as Api<typeof queueOperations>)
  const queue = callerOf(service)
  const versions = new Map<string, number>()

  async function hear(name: string, key: string, data: Record<string, unknown> = {}, occurredAt = clock.now) {
    const version = (versions.get(key) ?? 0) + 1
    versions.set(key, version)
    const producer = name.startsWith('show.') ? 'concert' : name.startsWith('seat.') ? 'seat' : 'reservation'
    const event = { producer, name, key, version, occurredAt, data: { showId: key, ...data } }
    const failures = await deliver(db, { name: 'queue', on: service.on ?? {} }, [event])
    for (const error of failures.values()) throw error
  }
  const windowsOf = (windows: TestWindow[]) => windows.map((window) => windowOf(window, clock.now))

  return {
    db, clock, chain, seat, service, queue, passes, signer, live, metrics, hear, windowsOf,
    second: (own: { lines?: LinePort } = {}) => callerOf(create(own.lines)),
    /** What a process finds that starts now on the same data. */
    another(own: { lines?: LinePort } = {}) {
      const started = create(own.lines)
      return { queue: callerOf(started), run: (name: string) => job(started, name) }
    },
    /** A published show with these windows; the default one is open from now on for a day. */
    async publish(windows: TestWindow[] = [{}], startsAt = clock.now + 100 * day): Promise<string> {
      const showId = randomUUID()
      seat.shows.add(showId)
      await hear('show.published', showId, { windows: windowsOf(windows), startsAt })
      await job(service, 'queue.phases')
      return showId
    },
    run: (name: string) => job(service, name),
    /** Moves time on as if the service had been beating, then sweeps. */
    async pass(ms: number) {
      clock.now += ms
      await beat(db, clock.now)
      await job(service, 'queue.sweep')
    },
    async settle() {
      for (const { run } of service.jobs ?? []) await run()
    },
    /** Seat tells of seats left and of how the shop is doing; by default there is room for everybody and nothing presses. */
    stock(showId: string, { available = 1_000, total = available, taken = 0, state = 'open', ...pressure }: Partial<Pressure> & { available?: number; total?: number; taken?: number; state?: string } = {}) {
      const left = [{ grade: 'R', total, available }]
      const quiet = { holdP95Ms: null, holdsShed: 0, payP95Ms: null, lagMs: 0, seatsPerHold: null }
      return hear('seat.stock', showId, { availability: { state }, left, taken, pressure: { ...quiet, ...pressure } })
    },
    /** Joins `count` new users one after the other. */
    async crowd(showId: string, count: number): Promise<Who[]> {
      const fans = Array.from({ length: count }, () => someone(showId))
      await Promise.all(fans.map((fan) => queue.join(fan)))
      return fans
    },
    statuses: async (showId: string) => (await placesOf(db, showId)).map((place) => place.status),
    violations: async () => {
      const found = []
      for (const check of queueChecks) if ((await db.rows(check.query(clock.now))).length > 0) found.push(check.name)
      for (const check of queueDrawChecks) if ((await check.compute(db, clock.now)).length > 0) found.push(check.name)
      return found
    },
    close: () => db.close(),
  }
}

export const someone = (showId: string): Who => ({ showId, userId: randomUUID(), sessionId: randomUUID() })
export const verified = (who: Who) => ({ ...who, verified: true })

export const placesOf = (db: Database, showId: string) =>
  db.rows<{ windowId: string; number: number; userId: string; status: string; passNo: number | null; until: number | null; reason: string | null }>(sql`
    select p.window_id as "windowId", p.number, p.user_id as "userId", p.status, p.pass_no as "passNo", p.until, p.ended_reason as reason
    from queue.places p join queue.lines l on l.window_id = p.window_id where l.show_id = ${showId} order by l.opens_at, p.number`)

export async function lineRow(db: Database, showId: string) {
  const [row] = await db.rows<{ windowId: string; phase: string; live: number; last: number; admittedThrough: number; epoch: number; closing: boolean; reason: string | null }>(sql`
    select window_id as "windowId", phase, live, last, admitted_through as "admittedThrough", epoch, closing, closed_reason as reason
    from queue.lines where show_id = ${showId} order by opens_at limit 1`)
  assert(row)
  return row
}

/** The refusal of a call with its parameters; anything else fails the test. */
export async function refused(call: Promise<unknown>): Promise<{ code: string; params: Record<string, unknown> }> {
  const error = await call.then((value) => assert.fail(`not refused: ${JSON.stringify(value)}`), (reason) => reason)
  if (!isRefusal(error)) throw error
  return { code: error.code, params: error.params }
}
export const codeOf = async (call: Promise<unknown>) => (await refused(call)).code

function windowOf({ id = randomUUID(), lobbyOpensAt, opensAt, closesAt, codes, sections = null }: TestWindow, now: number): ShowPublished['windows'][number] {
  return {
    id, name: 'window', lobbyOpensAt: lobbyOpensAt ?? null, opensAt: opensAt ?? now, closesAt: closesAt ?? (opensAt ?? now) + day, sections,
    audience: codes ? 'codes' : 'everyone', codeHashes: (codes ?? []).map((code) => codeHash(id, code)),
  }
}

/** A chain of a key of its own, with a round every three seconds from its genesis on; it can be away. */
export function beaconOf(now: () => number) {
  const bls = bls12_381.shortSignatures
  const { secretKey, publicKey } = bls.keygen(new Uint8Array(48).fill(7))
  const chain = { hash: '7'.repeat(64), publicKey: publicKey.toHex(), genesisAt: start - 3 * day, periodMs: 3_000 }
  const sign = (round: number) => toHex(bls.Signature.toBytes(bls.sign(bls.hash(messageOf(round), beaconDomain), secretKey)))
  const state = { away: false, asked: [] as number[], sign }
  const beacon: Beacon = {
    chain,
    signatureOf: async (round) => {
      state.asked.push(round)
      return state.away || timeOfRound(chain, round) > now() ? undefined : sign(round)
    },
  }
  return Object.assign(state, { beacon })
}

/** Remembers floors, answers quotas, and fails when told to. */
function seatAtBorder() {
  const floors = new Map<string, number>()
  const state = {
    floors,
    shows: new Set<string>(),
    holds: new Map<string, number>(),
    quotas: new Map<string, { seats: number; sold: number; seatsMax: number }>(),
    stocks: new Map<string, Awaited<ReturnType<SeatApi['stock']>>['stocks'][number]>(),
    fails: undefined as Error | undefined,
    calls: 0,
    floorOf: ({ showId, userId }: { showId: string; userId: string }) => floors.get(`${showId} ${userId}`) ?? 0,
    api: {
      async endPass({ showId, userId, passNo, unlessUsed }) {
        state.calls++
        if (state.fails) throw state.fails
        if (!state.shows.has(showId)) throw new Refusal('show_unknown')
        if (unlessUsed === true && (state.quotas.get(`${showId} ${userId}`)?.seats ?? 0) > 0) return { used: true }
        floors.set(`${showId} ${userId}`, Math.max(floors.get(`${showId} ${userId}`) ?? 0, passNo + 1))
        return { used: false }
      },
      clocks: async ({ showId }) => ({ holds: state.holds.get(showId) ?? 0 }),
      async quota({ showId, userId }) {
        if (state.fails) throw state.fails
        if (!state.shows.has(showId)) throw new Refusal('show_unknown')
        return state.quotas.get(`${showId} ${userId}`) ?? { seats: 0, sold: 0, seatsMax: 4 }
      },
      async stock({ showIds }) {
        if (state.fails) throw state.fails
        return { stocks: showIds.flatMap((showId) => state.stocks.get(showId) ?? []) }
      },
    } as Pick<SeatApi, 'endPass' | 'quota' | 'clocks' | 'stock'>,
  }
  return state
}
export const lost = () => new UnknownOutcome('the answer was lost')

async function job(service: ReturnType<typeof createQueue>, name: string) {
  const found = service.jobs?.find((candidate) => candidate.name === name)
  assert(found, `no job ${name}`)
  return found.run()
}
