import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify'
import Type, { type TSchema } from 'typebox'
import { Exact, Id } from './contract.ts'
import { namedId } from './identity.ts'
import { refuse } from './outcome.ts'
import type { Access, Principal } from './principal.ts'

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** answers without an end */
    stream?: boolean
  }
  interface FastifyRequest {
    principal: Principal | null
    /** see routeOf */
    route: FastifyRequest['routeOptions'] | null
  }
}

/** Of the route that a request has found; the library tells it anew, in an object of a dozen entries, each time it is asked. */
export const routeOf = (request: FastifyRequest): FastifyRequest['routeOptions'] => (request.route ??= request.routeOptions)

/** The caller of a route whose access is not public. */
export function principalOf(request: FastifyRequest): Principal {
  return request.principal ?? refuse('sign_in_required')
}

/** The holds of a batch end at one instant, and its text is asked for by each of them. */
let lastIso = { ms: 0, text: new Date(0).toISOString() }
export function iso(ms: number): string {
  if (lastIso.ms !== ms) lastIso = { ms, text: new Date(ms).toISOString() }
  return lastIso.text
}
export const isoOrNull = (ms: number | null | undefined) => (ms == null ? null : iso(ms))
export const IsoInstant = Type.String({ format: 'date-time', description: 'ISO 8601, UTC' })
export const Uuid = Id
export const IdParams = Exact({ id: Uuid })
export const Page = { cursor: Type.Optional(Type.String({ maxLength: 200 })), limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })) }
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** For routes of who organises the show or concert they name; operators own every one. Their sessions and roles are asked live. */
export const organisers = { access: { allow: ['organiser', 'operator'], live: true } } as const satisfies { access: Access }

const keyForm = /^[\x21-\x7e]{1,200}$/

/**
 * The id of what a creating POST makes: UUIDv5 of caller, route and Idempotency-Key, so that a repeat finds the same
 * thing; a fresh id without the header.
 */
export function idOfCreated(request: FastifyRequest, route: string, newId: () => string): string {
  const key = request.headers['idempotency-key']
  if (key === undefined) return newId()
  if (typeof key !== 'string' || !keyForm.test(key)) return refuse('idempotency_key_invalid')
  return namedId(request.principal?.userId ?? 'anonymous', route, key)
}

/** Cursors are opaque to callers: base64url of a JSON array. A cursor that is not ours is a bad request. */
export const encodeCursor = (parts: (string | number)[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
export function decodeCursor(cursor: string | undefined, length: number): (string | number)[] | undefined {
  if (cursor === undefined) return undefined
  try {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const sound = Array.isArray(parts) && parts.length === length && parts.every((p) => typeof p === 'string' || Number.isSafeInteger(p))
    if (sound) return parts
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  return refuse('request_invalid', { detail: 'cursor' })
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Where a page begins: beside the thing of this instant and id. */
export function placeOf(cursor: string | undefined): { at: number; id: string } | undefined {
  const [at, id] = decodeCursor(cursor, 2) ?? []
  if (at === undefined) return undefined
  return typeof at === 'number' && at >= 0 && typeof id === 'string' && uuidForm.test(id) ? { at, id } : refuse('request_invalid', { detail: 'cursor' })
}

/** The first `limit` of rows that were asked for with one more, and the cursor of the next page if there is one. */
export function cutPage<Row>(rows: Row[], limit: number, partsOf: (last: Row) => (string | number)[]): { page: Row[]; nextCursor: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { page, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(partsOf(last)) : null }
}
