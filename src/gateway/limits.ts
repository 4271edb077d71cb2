import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { type Networks, networksOf, prefixOf, senderOf } from '../platform/address.ts'
import { type App, routeOf } from '../platform/http.ts'
import type { Metrics } from '../platform/metrics.ts'
import { Refusal } from '../platform/outcome.ts'
import type { Access } from '../platform/principal.ts'
import type { Budget, RateLimit } from '../platform/rate-limit.ts'
import type { Lifted } from './lifted.ts'

export type LimitClass = 'read' | 'write' | 'join' | 'signIn' | 'shop' | 'callback'
type Payer = 'address' | 'account'

/**
 * An address may be a whole school or café, so it has room for some hundred people; an account is one person with a few
 * tabs. A burst of sign-ins stays below the queue for hashing passwords (userLimits), so one address cannot fill it.
 */
export const rateBudgets: Record<LimitClass, Record<Payer, Budget>> = {
  read: { address: { perSecond: 500, burst: 2_000 }, account: { perSecond: 20, burst: 100 } },
  write: { address: { perSecond: 200, burst: 1_000 }, account: { perSecond: 10, burst: 50 } },
  join: { address: { perSecond: 100, burst: 1_000 }, account: { perSecond: 1, burst: 10 } },
  // servers: another shop behind the line, and providers of payment; nobody is signed in there
  shop: { address: { perSecond: 1_000, burst: 5_000 }, account: { perSecond: 1_000, burst: 5_000 } },
  callback: { address: { perSecond: 1_000, burst: 10_000 }, account: { perSecond: 1_000, burst: 10_000 } },
  signIn: { address: { perSecond: 5, burst: 100 }, account: { perSecond: 1, burst: 10 } },
}

/** `percent` scales every budget; senders in `exempt` are not counted; `proxies` may say whom they speak for. */
export type LimitSettings = { percent: number; exempt: Networks; proxies: Networks }
const none = networksOf('') as Networks
export const unproxied: LimitSettings = { percent: 100, exempt: networksOf('loopback') as Networks, proxies: none }

/** A budget for each class and payer, as a port of limits wants them. */
export function scaledBudgets(percent: number): Record<string, Budget> {
  const scaled = ({ perSecond, burst }: Budget) => ({ perSecond: (perSecond * percent) / 100, burst: Math.max(1, (burst * percent) / 100) })
  const budgets = Object.entries(rateBudgets).flatMap(([name, payers]) => Object.entries(payers).map(([payer, budget]) => [`${name} ${payer}`, scaled(budget)]))
  return Object.fromEntries(budgets)
}

declare module 'fastify' {
  interface FastifyContextConfig {
    limit?: LimitClass
  }
  interface FastifyRequest {
    /** who sent it, for limits; empty when it is exempt */
    sender: string
    /** an address over its limit, until it is known who asks: an upheld appeal lets that account pass */
    slowing: Refusal | undefined
  }
}

const joinRoute = /^\/api\/shows\/:\w+\/queue$/
const idForm = /^[0-9a-f-]{36}$/
const sendersMax = 20_000

/** A join that was slowed; `sender` is the address prefix, `userId` is known once who is calling is. */
export type Slowed = { showId: string; userId: string | null; sender: string; by: Payer; perMinute: number }
type Deps = { limit: RateLimit; settings: LimitSettings; metrics: Metrics; now: () => number; slowed?: (slowed: Slowed) => void; lifted?: Lifted }

/** Before anybody asks who is calling, by address; after it and before the body is read, by account. */
export function limitRates(app: App, { limit, settings, metrics, now, slowed, lifted }: Deps) {
  const keys = new LRUCache<string, string>({ max: sendersMax })
  const keyOf = (address: string) => {
    const known = keys.get(address)
    if (known !== undefined) return known
    const key = settings.exempt.has(address) ? '' : prefixOf(address)
    keys.set(address, key)
    return key
  }
  /** As the router reads the address, whatever of it is written in percents. */
  const showJoined = (request: FastifyRequest): string | undefined => {
    if (request.method !== 'POST' || !joinRoute.test(routeOf(request).url ?? '')) return undefined
    const { id = '' } = request.params as { id?: string }
    return idForm.test(id) ? id : undefined
  }
  async function spend(payer: Payer, key: string, request: FastifyRequest): Promise<Refusal | undefined> {
    const name = routeOf(request).config.limit ?? 'read'
    const waitMs = await limit.take(`${name} ${payer}`, key, now())
    if (waitMs <= 0) return undefined
    const retryAfterSeconds = Math.ceil(waitMs / 1_000)
    const showId = showJoined(request)
    if (showId === undefined) return new Refusal('rate_limited', { retryAfterSeconds })
    const perMinute = (rateBudgets.join[payer].perSecond * 60 * settings.percent) / 100
    // the slow lane explains itself: what it is, what it changes, what ends it, and where to say that it is wrong
    return new Refusal('rate_limited', { retryAfterSeconds, reason: `joins_by_${payer}`, perMinute, changes: 'pace', place: 'kept', ends: 'by_itself', appeal: `/api/shows/${showId}/queue/appeals` })
  }
  function slowedRefusal(payer: Payer, refusal: Refusal, request: FastifyRequest): Refusal {
    metrics.rateLimited.inc({ class: routeOf(request).config.limit ?? 'read', by: payer })
    const showId = showJoined(request)
    if (showId !== undefined) slowed?.({ showId, userId: request.principal?.userId ?? null, sender: request.sender, by: payer, perMinute: Number(refusal.params.perMinute) })
    return refusal
  }
  async function byAddress(request: FastifyRequest) {
    const refusal = await spend('address', request.sender, request)
    if (!refusal) return
    if (!lifted?.any(showJoined(request) ?? '')) throw slowedRefusal('address', refusal, request)
    request.slowing = refusal
  }
  async function byAccount(request: FastifyRequest) {
    const userId = request.principal?.userId
    if (userId !== undefined && lifted?.has(showJoined(request) ?? '', userId)) return
    if (request.slowing) throw slowedRefusal('address', request.slowing, request)
    const refusal = userId === undefined ? undefined : await spend('account', userId, request)
    if (refusal) throw slowedRefusal('account', refusal, request)
  }

  app.decorateRequest('sender', '')
  app.decorateRequest('slowing', undefined)
  app.addHook('onRoute', (route) => {
    const config = route.config ?? {}
    config.limit ??= classOf(String(route.method), route.url, config.access)
    route.config = config
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const key = keyOf(addressOf(request, settings.proxies))
    if (key === '') return done()
    request.sender = key
    byAddress(request).then(() => done(), done)
  })
  app.addHook('preParsing', (request, _reply, _payload, done) => {
    if (request.sender === '' || (!request.principal && !request.slowing)) return done()
    byAccount(request).then(() => done(), done)
  })
}

function addressOf({ raw }: FastifyRequest, proxies: Networks): string {
  const peer = raw.socket.remoteAddress ?? ''
  const forwarded = raw.headers['x-forwarded-for']
  return forwarded === undefined ? peer : senderOf(peer, String(forwarded), proxies)
}

/** What nobody needs to be signed in for and still changes something costs a hash or a mail. */
function classOf(method: string, url: string, access: Access | undefined): LimitClass {
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return 'read'
  if (access?.allow === 'public') return 'signIn'
  return joinRoute.test(url) ? 'join' : 'write'
}
