import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyRequest, LogController } from 'fastify'
import { isStorable } from '../platform/database.ts'
import { type App, routeOf } from '../platform/http.ts'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { Refusal, refuse, UnknownOutcome } from '../platform/outcome.ts'
import type { Access, Principal } from '../platform/principal.ts'
import { problemHandler } from './problems.ts'
import { documentRoutes } from './documents.ts'
import { drainBeforeStop } from './draining.ts'
import { serializerOf, validatorOf } from './schemas.ts'
import type { SessionGuard } from './sessions.ts'
import { sendPage, type Web, wantsPage } from './web.ts'

export const httpLimits = { bodyBytesMax: 64 * 1024, paramLengthMax: 200, requestTimeoutMs: 30_000, keepAliveMs: 72_000, jsonDepthMax: 20 } as const

/** The public HTTP server: strict validation, who is calling, problem+json, OpenAPI. Routes are mounted by the caller. */
export async function createServer(deps: { guard: SessionGuard; metrics: Metrics; log: Logger; newId: () => string; now: () => number; limitRates: (app: App) => void; isStopping: () => boolean; web?: Web; secure?: boolean }): Promise<App> {
  const app = fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(deps.newId()),
    bodyLimit: httpLimits.bodyBytesMax,
    requestTimeout: httpLimits.requestTimeoutMs,
    keepAliveTimeout: httpLimits.keepAliveMs,
    routerOptions: { maxParamLength: httpLimits.paramLengthMax },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as App

  // a logger for each request costs more than checking who calls, and a factory for them is checked each time; what is logged names its request itself
  Object.assign(app.log, { child: () => app.log })
  app.setValidatorCompiler(validatorOf)
  app.setSerializerCompiler(({ schema }) => serializerOf(schema as object))
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, parseJson(text as string))
    } catch (error) {
      done(error as Error)
    }
  })
  await documentRoutes(app, { secure: deps.secure ?? false })
  drainBeforeStop(app, deps.isStopping)
  deps.limitRates(app)
  admitCallers(app, deps)
  observe(app, deps.metrics)
  app.setErrorHandler(problemHandler(deps.metrics))
  app.setNotFoundHandler((request, reply) => (deps.web?.app && wantsPage(request) ? sendPage(deps.web.app, request, reply, deps.secure ?? false, 404) : refuse('not_found')))
  app.get('/openapi.json', { schema: { hide: true }, config: { access: { allow: 'public' } } }, async () => app.swagger())
  return app
}

/** Unique among all processes by what this one was given, and counted: a random id for each request costs as much as finding its route. */
function requestIds(processId: string): () => string {
  let requests = 0
  return () => `${processId.slice(-12)}-${(++requests).toString(36)}`
}

/** JSON without what cannot be stored anywhere in it: one must not poison a batch. */
function parseJson(text: string): unknown {
  if (text === '') return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('request_invalid', { detail: 'the body is not JSON' })
  }
  if (depthOf(text) > httpLimits.jsonDepthMax) refuse('request_invalid', { detail: 'nested too deeply' })
  // written as they are, JSON has neither
  if (text.includes('\\u') && !isStorable(value)) refuse('request_invalid', { detail: 'NUL or a lone surrogate' })
  return value
}

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i)
    if (character === 91 || character === 123) deepest = Math.max(deepest, ++depth)
    else if (character === 93 || character === 125) depth--
  }
  return deepest
}

function admitCallers(app: App, { guard, now }: { guard: SessionGuard; now: () => number }) {
  const dateOf = dates()
  app.decorateRequest('principal', null)
  app.decorateRequest('route', null)
  app.addHook('onRoute', (route) => {
    const documentation = route.url.startsWith('/docs')
    if (!route.config?.access && !documentation) throw new Error(`${String(route.method)} ${route.url} does not say who may call it`)
    if (route.config?.access?.allow !== 'public' && route.schema) route.schema.security ??= [{ session: [] }]
  })
  // with a callback, and without a promise where the caller is known at once: every request passes here
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff')
    // pages count down to deadlines by this: it has to be the clock that deadlines are kept by
    reply.header('date', dateOf(now()))
    if (request.method === 'GET') reply.header('referrer-policy', 'no-referrer') // only pages lead anywhere
    if (request.raw.url?.includes('%')) refuseBadUrl(request.raw.url)
    const caller = callerOf(guard, tokenOf(request), routeOf(request).config.access)
    const go = (principal: Principal | null) => {
      request.principal = principal
      done()
    }
    if (caller instanceof Promise) caller.then(go).catch(done)
    else go(caller)
  })
}

/** The Date header; a second's text is made once. */
function dates(): (now: number) => string {
  let second = 0
  let text = ''
  return (now) => {
    if (Math.floor(now / 1_000) !== second) {
      second = Math.floor(now / 1_000)
      text = new Date(now).toUTCString()
    }
    return text
  }
}

function callerOf(guard: SessionGuard, token: string | undefined, access: Access | undefined) {
  if (access && access.allow !== 'public') return guard.admit(token ?? refuse('sign_in_required'), access)
  // a public page may still know its reader: an owner sees drafts
  return token && access ? readerOf(guard, token) : null
}

function tokenOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization
  if (header === undefined) return undefined
  return header.startsWith('Bearer ') ? header.slice(7) : 'malformed'
}

async function readerOf(guard: SessionGuard, token: string) {
  try {
    return await guard.admit(token, { allow: 'signed-in' })
  } catch (error) {
    // who reads a public page is a courtesy: a user service that is away does not close the page
    if (error instanceof Refusal || error instanceof UnknownOutcome) return null
    throw error
  }
}

function refuseBadUrl(url: string) {
  try {
    if (decodeURIComponent(url).includes('\0')) refuse('request_invalid', { detail: 'NUL in the URL' })
  } catch (error) {
    if (error instanceof URIError) refuse('request_invalid', { detail: 'the URL is not valid UTF-8' })
    throw error
  }
}

/** When an answer is made, not when its last byte has left: to be told of that cost a hold 3 us of the main thread. */
function observe(app: App, metrics: Metrics) {
  app.addHook('onSend', (request, reply, payload, done) => {
    // how long somebody stayed is no time to answer
    const { config, url = 'none' } = routeOf(request)
    if (config.stream !== true || reply.statusCode !== 200) metrics.httpSeconds.observe(request.method, url, reply.statusCode, reply.elapsedTime / 1000)
    done(null, payload)
  })
}
