import { Readable } from 'node:stream'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { type Api, local, type Operations } from './contract.ts'
import { withDeadline } from './deadline.ts'
import { GivenUp, Refusal } from './outcome.ts'
import type { Logger } from './log.ts'
import type { Tokens } from './token.ts'
import { drainingHeader, timeoutHeader, type WireAnswer } from './wire.ts'

export const innerLimits = { bodyBytesMax: 32 * 1024 * 1024, callsMax: 256, identityMs: 60_000, requestTimeoutMs: 30_000, callTimeoutMsMax: 60_000, connectionsMax: 2_000 } as const
/** Which process calls: the name of a service, or `gateway`. */
export type ServiceClaims = { service: string; exp: number }
export type Served = { name: string; operations: Operations; api: Api<Operations>; /** who may call it: those below it */ callers: ReadonlySet<string> }

/** A signed identity, made anew when half of its time is over. */
export function createIdentity(service: string, tokens: Tokens<ServiceClaims>, now: () => number): () => string {
  let token = ''
  let freshUntil = 0
  return () => {
    if (now() >= freshUntil) {
      freshUntil = now() + innerLimits.identityMs / 2
      token = tokens.sign({ service, exp: now() + innerLimits.identityMs })
    }
    return token
  }
}

type DoorNeeds = { tokens: Tokens<ServiceClaims>; now: () => number; log: Pick<Logger, 'error'>; /** about to stop: callers are sent to other replicas */ isStopping?: () => boolean }

/**
 * The door for other services: `POST /inner/:service/:operation {calls: [...]}` answers each call by itself, the first that is known first.
 * What its caller no longer waits for is not begun. Only a signed service may call, and only what stands above it; who calls is known before the body is read. Never part
 * of the public port.
 */
export function createInnerDoor(served: Served[], { tokens, now, log, isStopping = () => false }: DoorNeeds): FastifyInstance {
  const app = fastify({ bodyLimit: innerLimits.bodyBytesMax, requestTimeout: innerLimits.requestTimeoutMs, forceCloseConnections: 'idle', return503OnClosing: false })
  app.server.maxConnections = innerLimits.connectionsMax
  const byName = new Map(served.map(({ name, operations, api, callers }) => [name, { callers, calls: new Map(Object.entries(local(name, operations, api))) }]))
  app.addHook('onRequest', async (request, reply) => {
    if (isStopping()) reply.headers({ [drainingHeader]: '1', connection: 'close' })
    const { service = '', operation = '' } = request.params as { service?: string; operation?: string }
    const caller = callerOf(request, tokens, now())
    if (!caller) return reply.code(401).send({ code: 'identity_invalid' })
    const target = byName.get(service)
    if (!target?.calls.has(operation)) return reply.code(404).send({ code: 'operation_unknown' })
    if (!target.callers.has(caller)) return reply.code(403).send({ code: 'caller_refused' })
  })
  app.post('/inner/:service/:operation', async (request, reply) => {
    const { service, operation } = request.params as { service: string; operation: string }
    const { calls } = (request.body ?? {}) as { calls?: unknown }
    if (!Array.isArray(calls) || calls.length === 0 || calls.length > innerLimits.callsMax) return reply.code(400).send({ code: 'calls_invalid' })
    const timeoutMs = Math.min(Number(request.headers[timeoutHeader]), innerLimits.callTimeoutMsMax)
    if (!(timeoutMs > 0)) return reply.code(400).send({ code: 'timeout_invalid' })
    const call = byName.get(service)?.calls.get(operation) as (input: unknown) => Promise<unknown>
    const onError = (err: unknown) => log.error({ err, service, operation }, 'a call between services failed')
    return reply.type('application/x-ndjson').send(streamed(withDeadline(timeoutMs, () => calls.map((input) => answerOne(call, input, onError)))))
  })
  return app
}

/** A line each, `[place, answer]`, as soon as it is there: a slow call keeps no other of its request waiting. */
function streamed(answers: Promise<WireAnswer>[]): Readable {
  const stream = new Readable({ read: () => undefined })
  let lines = ''
  let left = answers.length
  const push = () => {
    stream.push(lines)
    lines = ''
    if (left === 0) stream.push(null)
  }
  for (const [place, answer] of answers.entries()) {
    void answer.then((answered) => {
      // what is known in one turn goes out together
      if (lines === '') setImmediate(push)
      lines += `${JSON.stringify([place, answered])}\n`
      left--
    })
  }
  return stream
}

async function answerOne(call: (input: unknown) => Promise<unknown>, input: unknown, onError: (error: unknown) => void): Promise<WireAnswer> {
  try {
    return { ok: (await call(input)) ?? null }
  } catch (error) {
    if (error instanceof Refusal) return { refused: { code: error.code, params: error.params } }
    if (!(error instanceof GivenUp)) onError(error)
    return { unknown: String(error).slice(0, 200) }
  }
}

function callerOf(request: FastifyRequest, tokens: Tokens<ServiceClaims>, now: number): string | undefined {
  const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ')
  if (scheme !== 'Service') return undefined
  const verified = tokens.verify(token, now)
  return 'claims' in verified ? verified.claims.service : undefined
}
