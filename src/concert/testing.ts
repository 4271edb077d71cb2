import { randomUUID } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Ajv } from 'ajv'
import addFormatsModule from 'ajv-formats'
import fastify from 'fastify'
import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { type Api, local } from '../platform/contract.ts'
import type { Database } from '../platform/database.ts'
import type { Envelope } from '../platform/events.ts'
import type { App } from '../platform/http.ts'
import { deliver } from '../platform/inbox.ts'
import { isRefusal, Refusal } from '../platform/outcome.ts'
import type { Principal, Role } from '../platform/principal.ts'
import { platformRefusals, type RefusalCatalogue } from '../platform/errors.ts'
import { openTestDatabase } from '../platform/testing.ts'
import { type By, concertOperations, concertRefusals, type Plan } from './api.ts'
import { concertChecks } from './checks.ts'
import { concertRoutes } from './routes.ts'
import { createConcert } from './service.ts'
import type { Stock } from './views.ts'

export const startedAt = Date.UTC(2027, 0, 1)
export const hour = 3_600_000
export const day = 24 * hour

export type Ground = Awaited<ReturnType<typeof openGround>>

/** A concert service on real SQL whose clock is a variable; `again()` is a second process on the same data. */
export async function openGround(wrap: (db: Database) => Database = (db) => db) {
  const db = await openTestDatabase(['concert'])
  const clock = { now: startedAt }
  const surroundings = { now: () => clock.now, newId: randomUUID, random: Math.random }
  const process = () => {
    const service = createConcert({ db: wrap(db), ...surroundings })
    const api: Api<typeof concertOperations> = local('concert', concertOperations, service.api)
    return { service, api }
  }
  const { service, api } = process()
  const versions = new Map<string, number>()
  return {
    db, clock, api,
    organiser: { userId: randomUUID(), role: 'organiser' } as By,
    operator: { userId: randomUUID(), role: 'operator' } as By,
    again: process,
    close: () => db.close(),
    /** What seat says of shows, each with the next version of its key. */
    seatSays: async (name: 'seat.emptied' | 'seat.occupied' | 'seat.stock', showIds: string[], data: Record<string, unknown>) => {
      const events: Envelope[] = showIds.map((showId) => {
        const version = (versions.get(showId) ?? 0) + 1
        versions.set(showId, version)
        return { producer: 'seat', name, key: showId, version, occurredAt: clock.now, data: { showId, ...data } }
      })
      const failures = await deliver(db, { name: 'concert', on: service.on ?? {} }, events)
      for (const failure of failures.values()) throw failure
    },
    /** The events of a show so far, oldest first. */
    told: (showId: string) =>
      db.rows<{ name: string; version: number; data: Record<string, unknown> }>(sql`
        select name, version, data from concert.outbox where key = ${showId} order by id`),
    audited: (target: string) =>
      db.rows<{ actor: string; action: string; before: unknown; after: unknown }>(sql`
        select actor, action, before, after from concert.audit where target = ${target} order by id`),
  }
}

/** A hall with every kind of thing in it: 5 VIP, 3 R and 10 standing S. */
export const hall: Plan = {
  sections: [
    { name: 'A', kind: 'seated', grade: 'VIP', rows: [{ name: '1', seats: 3, accessible: [1], companion: [2], aisle: [1, 3] }, { name: '2', seats: 2 }] },
    { name: 'B, upper', kind: 'seated', grade: 'R', rows: [{ name: '가', seats: 3, restrictedView: [3] }] },
    { name: '스탠딩', kind: 'standing', grade: 'S', capacity: 10 },
  ],
}
export const prices = [
  { grade: 'VIP', price: 150_000 },
  { grade: 'R', price: 100_000, types: [{ name: 'youth', price: 80_000, proofAtDoor: true }] },
  { grade: 'S', price: 70_000 },
]
export const times = { startsAt: startedAt + 30 * day, endsAt: startedAt + 30 * day + 2 * hour, timeZone: 'Asia/Seoul' }
export const general = { name: '일반예매', opensAt: startedAt + day, closesAt: startedAt + 20 * day, audience: 'everyone' as const, sections: null }
export const presale = { name: '선예매', opensAt: startedAt + hour, closesAt: startedAt + day, audience: 'codes' as const, sections: ['A'], codes: [' fan-1', 'FAN-1', 'fan-2'] }

export const concertNamed = ({ api, organiser }: Ground, title: string) => api.createConcert({ by: organiser, title, venue: '올림픽홀' })

/** A draft with everything that publishing needs. */
export async function readyShow(ground: Ground, { concertId, startsAt = times.startsAt }: { concertId?: string; startsAt?: number } = {}) {
  const { api, organiser: by } = ground
  const id = concertId ?? (await concertNamed(ground, '겨울밤 피아노')).id
  return api.createShow({ by, concertId: id, startsAt, endsAt: startsAt + 2 * hour, timeZone: 'Asia/Seoul', plan: hall, prices, windows: [general] })
}

export async function publishedShow(ground: Ground, given: { concertId?: string; startsAt?: number } = {}) {
  const { id } = await readyShow(ground, given)
  return ground.api.publish({ by: ground.organiser, showId: id })
}

/** The refusal a call answers; a value or another error fails the test. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const answer = await call.then((value) => value, (error: unknown) => error)
  assert(isRefusal(answer), `not a refusal: ${answer instanceof Error ? answer.stack : JSON.stringify(answer)}`)
  return answer
}
export const codeOf = async (call: Promise<unknown>) => (await refusalOf(call)).code

export async function assertSound({ db, clock }: Pick<Ground, 'db' | 'clock'>) {
  for (const check of concertChecks) assert.deepEqual(await db.rows(check.query(clock.now)), [], check.name)
}

const catalogue: RefusalCatalogue = { ...platformRefusals, ...concertRefusals, show_unknown: { ...concertRefusals.concert_unknown } }
const addFormats = ('default' in addFormatsModule ? addFormatsModule.default : addFormatsModule) as unknown as (ajv: Ajv) => void

/** The routes on a server that validates like the gateway's; who calls is named by the header `as`: role and user id. */
export async function openRoutes(ground: Ground, stock: (showIds: string[]) => Promise<Map<string, Stock>>) {
  const app = fastify().withTypeProvider<TypeBoxTypeProvider>() as unknown as App
  const validators = [false, true].map((coerceTypes) => {
    const ajv = new Ajv({ coerceTypes, removeAdditional: false, useDefaults: true, strict: false, ownProperties: true })
    addFormats(ajv)
    return ajv
  })
  app.setValidatorCompiler(({ schema, httpPart }) => (validators[httpPart === 'body' ? 0 : 1] as Ajv).compile(schema as object))
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request) => {
    const [role, userId] = String(request.headers.as ?? '').split(' ')
    if (role && userId) request.principal = { userId, role: role as Role, sessionId: userId, epoch: 0 } satisfies Principal
    const allow = request.routeOptions.config.access?.allow ?? 'public'
    if (allow === 'public') return
    if (!request.principal) throw new Refusal('sign_in_required')
    if (allow !== 'signed-in' && !allow.includes(request.principal.role)) throw new Refusal('role_required')
  })
  app.setErrorHandler((error: Error & { validation?: unknown; statusCode?: number }, _request, reply) => {
    const [code, params] = error instanceof Refusal ? [error.code, error.params]
      : error.validation ? ['request_invalid', {}] : [String(error.stack), {}]
    return reply.code(catalogue[code]?.status ?? error.statusCode ?? 500).send({ code, ...params })
  })
  concertRoutes(app, { concert: ground.api, stock })
  await app.ready()
  const as = ({ role, userId }: { role: string; userId: string }) => ({ as: `${role} ${userId}` })
  type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
  return {
    app,
    /** Status and body of a request; `who` is the caller. */
    call: async (method: Method, url: string, { who, body, headers }: { who?: { role: string; userId: string }; body?: unknown; headers?: Record<string, string> } = {}) => {
      const answer = await app.inject({
        method, url, headers: { ...(who ? as(who) : {}), ...headers },
        ...(body === undefined ? {} : { payload: body as object }),
      })
      const json = String(answer.headers['content-type']).includes('json')
      return { status: answer.statusCode, body: (json ? answer.json() : answer.body), headers: answer.headers }
    },
  }
}
