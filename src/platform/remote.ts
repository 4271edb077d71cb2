import { type Api, allowedRefusals, type Operations } from './contract.ts'
import { outsideTransaction, refuseInTransaction } from './database.ts'
import { deadlineHere } from './deadline.ts'
import { type Answer, Refusal, settle, UnknownOutcome } from './outcome.ts'
import { openReplicas, type Patience, type Replica, wasNeverSent } from './replicas.ts'
import { timeoutHeader, type WireAnswer } from './wire.ts'

export const remoteLimits = {
  callsPerRequestMax: 256, callTimeoutMs: 10_000, triesMax: 3, backoffMs: 50,
  /** one that is silent this long is taken for frozen while there is another: what carries its id may be asked there */
  silenceMsMax: 4_000,
} as const

export type RemoteOptions = {
  /** where the inner doors of the service's replicas are: `http://host:port`; one name may stand for several behind a balancer */
  origins: string[]
  /** a signed identity of the process that calls, good for a while */
  identity: () => string
  random: () => number
  wait: (ms: number) => Promise<void>
  callTimeoutMs?: number
  silenceMsMax?: number
  breakerRestMs?: number
  /** how many of the replicas are not asked at present */
  onBreaker?: (openCount: number) => void
}
export type Remote<Ops extends Operations> = { api: Api<Ops>; close: () => Promise<void> }
type Waiting = { input: unknown; until: number; answer: (answer: Answer<unknown> | Error) => void }
type Replicas = ReturnType<typeof openReplicas>
type Target = { replicas: Replicas; path: string; triesMax: number; silenceMsMax: number }

/**
 * The caller of a service in other processes, to its users the same as `local`. Calls of one turn of the event loop are
 * one request, each answered as soon as it can be, to one replica after the other. What was never sent is asked of the next at once. What is unknown (an
 * answer lost or late) is asked again with the same input, which carries its own id (an operation that has none is asked
 * `once`), until the time of the call is over, or of the call that it is made for; a breaker spares a replica that is away. Unknown never becomes a refusal.
 */
export function remote<Ops extends Operations>(service: string, operations: Ops, options: RemoteOptions): Remote<Ops> {
  const { identity, breakerRestMs, onBreaker, callTimeoutMs = remoteLimits.callTimeoutMs } = options
  const headers = (timeoutMs: number) => ({ authorization: `Service ${identity()}`, [timeoutHeader]: String(timeoutMs) })
  const replicas = openReplicas(options.origins, { headers, breakerRestMs, onBreaker })
  const callers = Object.entries(operations).map(([name, declared]) => {
    const allowed = allowedRefusals(declared)
    const hasAlternative = replicas.count > 1 && !declared.once
    const call = gathered({
      replicas, path: `/inner/${service}/${name}`,
      triesMax: declared.once ? 1 : remoteLimits.triesMax,
      silenceMsMax: hasAlternative ? (options.silenceMsMax ?? remoteLimits.silenceMsMax) : callTimeoutMs,
    }, options)
    return [name, async (input: unknown) => {
      refuseInTransaction(`${service}.${name}`)
      const answer = await call(input)
      if (answer instanceof Refusal && !allowed.has(answer.code)) throw new Error(`${service}.${name} refused with undeclared ${answer.code}`)
      return settle(answer)
    }]
  })
  return { api: Object.fromEntries(callers) as Api<Ops>, close: replicas.close }
}

/** Gathers the calls of one turn and asks for all of them at once. */
function gathered(target: Target, options: RemoteOptions): (input: unknown) => Promise<Answer<unknown>> {
  let waiting: Waiting[] = []
  const flush = () => {
    const calls = waiting
    waiting = []
    for (let at = 0; at < calls.length; at += remoteLimits.callsPerRequestMax)
      void askUntilKnown(calls.slice(at, at + remoteLimits.callsPerRequestMax), target, options)
  }
  return (input) => new Promise((resolve) => {
    const until = Math.min(deadlineHere() ?? Number.POSITIVE_INFINITY, performance.now() + (options.callTimeoutMs ?? remoteLimits.callTimeoutMs))
    if (waiting.push({ input, until, answer: resolve as Waiting['answer'] }) === 1) outsideTransaction(() => setImmediate(flush))
  })
}

/** Never rejects: whoever is without an answer in the end is told that it is unknown. */
async function askUntilKnown(calls: Waiting[], target: Target, { random, wait }: RemoteOptions) {
  const { replicas } = target
  const asked = new Set<Replica>()
  let left = calls
  let cause: unknown
  for (let tries = 0; left.length > 0; ) {
    const timeoutMs = Math.floor(Math.max(...left.map(({ until }) => until)) - performance.now())
    if (timeoutMs <= 0) break
    const silenceMs = Math.min(timeoutMs, target.silenceMsMax)
    const outcome = await askOne(left, target, asked, { silenceMs, timeoutMs, isHurried: silenceMs < target.silenceMsMax / 2 })
    left = outcome.left
    if (left.length === 0) return
    cause = outcome.cause
    const canAskAnother = asked.size < replicas.count
    if (outcome.wasSent || !canAskAnother) tries++
    if (tries >= target.triesMax || (!canAskAnother && replicas.allOpen())) break
    if (canAskAnother) continue
    asked.clear()
    await wait(remoteLimits.backoffMs * 2 ** tries * (0.5 + random()))
  }
  for (const call of left) call.answer(new UnknownOutcome('the service did not answer', { cause }))
}

/** Asks one replica that was not asked yet and gives who is answered the answer. */
async function askOne(calls: Waiting[], { replicas, path }: Target, asked: Set<Replica>, patience: Patience) {
  const replica = replicas.next(asked)
  asked.add(replica)
  const left = new Set(calls)
  let unknown: unknown
  const onAnswer = (place: number, wire: WireAnswer) => {
    const call = calls[place]
    if ('unknown' in wire) unknown = wire
    else if (call && isAnswered(call, wire)) left.delete(call)
  }
  try {
    const missing = await replica.ask(path, calls.map(({ input }) => input), patience, onAnswer)
    return { left: [...left], wasSent: true, cause: missing ?? unknown }
  } catch (cause) {
    return { left: [...left], wasSent: !wasNeverSent(cause), cause }
  }
}

function isAnswered({ answer }: Waiting, wire: WireAnswer): boolean {
  if ('unknown' in wire) return false
  answer('ok' in wire ? (wire.ok as Answer<unknown>) : new Refusal(wire.refused.code, wire.refused.params))
  return true
}
