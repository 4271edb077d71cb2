import CircuitBreaker from 'opossum'
import { Pool } from 'undici'
import { type Api, allowedRefusals, type Operations } from './contract.ts'
import { outsideTransaction, refuseInTransaction } from './database.ts'
import { type Answer, Refusal, settle, UnknownOutcome } from './outcome.ts'

export const remoteLimits = {
  callsPerRequestMax: 256, callTimeoutMs: 10_000, triesMax: 3, backoffMs: 50, connectionsMax: 16, answerBytesMax: 64 * 1024 * 1024,
  breakerAfterRequests: 5, breakerErrorPercent: 50, breakerRestMs: 1_000,
} as const
export const timeoutHeader = 'call-timeout-ms'
/** What the inner door answers for one call. */
export type WireAnswer = { ok: unknown } | { refused: { code: string; params: Record<string, unknown> } } | { unknown: string }

export type RemoteOptions = {
  /** where the service's inner door is: `http://host:port` */
  origin: string
  /** a signed identity of the process that calls, good for a while */
  identity: () => string
  random: () => number
  wait: (ms: number) => Promise<void>
  callTimeoutMs?: number
  breakerRestMs?: number
  onBreaker?: (isOpen: boolean) => void
}
export type Remote<Ops extends Operations> = { api: Api<Ops>; close: () => Promise<void> }
type Ask = (inputs: unknown[], timeoutMs: number) => Promise<WireAnswer[]>
type Waiting = { input: unknown; until: number; answer: (answer: Answer<unknown> | Error) => void }

/**
 * The caller of a service in another process, to its users the same as `local`. Calls of one turn of the event loop are
 * one request. What is unknown (no connection, an answer lost or late) is asked again with the same input, which carries
 * its own id (an operation that has none is asked `once`), until the call's time is over; a breaker spares a service that
 * is away. Unknown never becomes a refusal.
 */
export function remote<Ops extends Operations>(service: string, operations: Ops, options: RemoteOptions): Remote<Ops> {
  const { connectionsMax, callTimeoutMs, breakerAfterRequests, breakerErrorPercent } = remoteLimits
  const pool = new Pool(options.origin, { connections: connectionsMax, headersTimeout: callTimeoutMs, bodyTimeout: callTimeoutMs, maxResponseSize: remoteLimits.answerBytesMax })
  const breaker = new CircuitBreaker((path: string, inputs: unknown[], timeoutMs: number) => post(pool, options, path, inputs, timeoutMs), {
    timeout: false, volumeThreshold: breakerAfterRequests, errorThresholdPercentage: breakerErrorPercent, resetTimeout: options.breakerRestMs ?? remoteLimits.breakerRestMs,
  })
  breaker.on('open', () => options.onBreaker?.(true))
  breaker.on('close', () => options.onBreaker?.(false))
  const callers = Object.entries(operations).map(([name, declared]) => {
    const allowed = allowedRefusals(declared)
    const call = gathered((inputs, timeoutMs) => breaker.fire(`/inner/${service}/${name}`, inputs, timeoutMs), declared.once ? 1 : remoteLimits.triesMax, options)
    return [name, async (input: unknown) => {
      refuseInTransaction(`${service}.${name}`)
      const answer = await call(input)
      if (answer instanceof Refusal && !allowed.has(answer.code)) throw new Error(`${service}.${name} refused with undeclared ${answer.code}`)
      return settle(answer)
    }]
  })
  return {
    api: Object.fromEntries(callers) as Api<Ops>,
    close: async () => {
      breaker.shutdown()
      await pool.close()
    },
  }
}

/** Gathers the calls of one turn and asks for all of them at once. */
function gathered(ask: Ask, triesMax: number, options: RemoteOptions): (input: unknown) => Promise<Answer<unknown>> {
  let waiting: Waiting[] = []
  const flush = () => {
    const calls = waiting
    waiting = []
    for (let at = 0; at < calls.length; at += remoteLimits.callsPerRequestMax)
      void askUntilKnown(calls.slice(at, at + remoteLimits.callsPerRequestMax), ask, triesMax, options)
  }
  return (input) => new Promise((resolve) => {
    const until = performance.now() + (options.callTimeoutMs ?? remoteLimits.callTimeoutMs)
    if (waiting.push({ input, until, answer: resolve as Waiting['answer'] }) === 1) outsideTransaction(() => setImmediate(flush))
  })
}

/** Never rejects: whoever is without an answer in the end is told that it is unknown. */
async function askUntilKnown(calls: Waiting[], ask: Ask, triesMax: number, { random, wait }: RemoteOptions) {
  let left = calls
  let cause: unknown
  for (let tries = 1; left.length > 0; tries++) {
    const timeoutMs = Math.floor((left[0]?.until ?? 0) - performance.now())
    if (timeoutMs <= 0) break
    try {
      const answers = await ask(left.map(({ input }) => input), timeoutMs)
      cause = answers.find((answer) => 'unknown' in answer)
      left = left.filter((call, index) => !isAnswered(call, answers[index]))
    } catch (error) {
      cause = error
      if ((error as { code?: string }).code === 'EOPENBREAKER') break
    }
    if (tries >= triesMax || left.length === 0) break
    await wait(remoteLimits.backoffMs * 2 ** tries * (0.5 + random()))
  }
  for (const call of left) call.answer(new UnknownOutcome('the service did not answer', { cause }))
}

function isAnswered({ answer }: Waiting, wire: WireAnswer | undefined): boolean {
  if (wire === undefined || 'unknown' in wire) return false
  answer('ok' in wire ? (wire.ok as Answer<unknown>) : new Refusal(wire.refused.code, wire.refused.params))
  return true
}

async function post(pool: Pool, { identity }: RemoteOptions, path: string, inputs: unknown[], timeoutMs: number): Promise<WireAnswer[]> {
  const { statusCode, body } = await pool.request({
    method: 'POST', path, body: JSON.stringify({ calls: inputs }), signal: AbortSignal.timeout(timeoutMs),
    headers: { 'content-type': 'application/json', authorization: `Service ${identity()}`, [timeoutHeader]: String(timeoutMs) },
  })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`${path} answered ${statusCode} ${text.slice(0, 200)}`)
  const { answers } = JSON.parse(text) as { answers: WireAnswer[] }
  if (!Array.isArray(answers) || answers.length !== inputs.length) throw new Error(`${path} answered ${answers?.length} of ${inputs.length} calls`)
  return answers
}
