import CircuitBreaker from 'opossum'
import { type Dispatcher, Pool } from 'undici'
import { drainingHeader, type WireAnswer } from './wire.ts'

export const replicaLimits = {
  connectionsMax: 16, connectTimeoutMs: 3_000, answerTimeoutMs: 10_000, answerBytesMax: 64 * 1024 * 1024,
  breakerAfterRequests: 5, breakerErrorPercent: 50, breakerAfterSilences: 2, breakerRestMs: 1_000, drainingRestMs: 2_000,
} as const

/** This replica is waited for `silenceMs`; what is asked is of use for `timeoutMs`. Who is in a hurry learns nothing about a replica from its silence. */
export type Patience = { silenceMs: number; timeoutMs: number; isHurried: boolean }
/** `onAnswer` is told each answer as it comes; resolves, with why not when some are missing, once there will be no more. */
export type AskMany = (path: string, inputs: unknown[], patience: Patience, onAnswer: (place: number, answer: WireAnswer) => void) => Promise<unknown>
export type Replica = {
  ask: AskMany
  /** its breaker is open: it is not asked */
  isOpen: () => boolean
  /** rather another one: it did not answer lately, or is about to stop */
  isAway: () => boolean
  close: () => Promise<void>
}
export type ReplicaOptions = {
  /** headers of a request that is of use for so long */
  headers: (timeoutMs: number) => Record<string, string>
  breakerRestMs?: number | undefined
  /** how many of them are not asked at present */
  onBreaker?: ((openCount: number) => void) | undefined
}

/** The processes that run one service, each with connections and a breaker of its own. */
export function openReplicas(origins: string[], options: ReplicaOptions) {
  const report = () => options.onBreaker?.(replicas.filter((replica) => replica.isOpen()).length)
  const replicas = origins.map((origin) => openReplica(origin, options, report))
  let turn = 0
  return {
    count: replicas.length,
    /** The next in turn that was not asked yet, if there is one rather one that is not away. */
    next: (asked: ReadonlySet<Replica>): Replica => {
      turn = (turn + 1) % replicas.length
      const inTurn = [...replicas.slice(turn), ...replicas.slice(0, turn)]
      const left = inTurn.filter((replica) => !asked.has(replica))
      return left.find((replica) => !replica.isAway()) ?? left[0] ?? (inTurn[0] as Replica)
    },
    allOpen: () => replicas.every((replica) => replica.isOpen()),
    close: async () => {
      await Promise.all(replicas.map((replica) => replica.close()))
    },
  }
}

function openReplica(origin: string, { headers, breakerRestMs }: ReplicaOptions, onBreaker: () => void): Replica {
  const { connectionsMax, answerTimeoutMs, answerBytesMax, connectTimeoutMs } = replicaLimits
  const pool = new Pool(origin, { connections: connectionsMax, headersTimeout: answerTimeoutMs, bodyTimeout: answerTimeoutMs, maxResponseSize: answerBytesMax, connect: { timeout: connectTimeoutMs } })
  let restUntil = 0
  const post: AskMany = async (path, inputs, { silenceMs, timeoutMs }, onAnswer) => {
    let count = 0
    try {
      const { statusCode, headers: answered, body } = await pool.request({
        method: 'POST', path, body: JSON.stringify({ calls: inputs }), signal: AbortSignal.timeout(silenceMs),
        headers: { 'content-type': 'application/json', ...headers(timeoutMs) },
      })
      if (answered[drainingHeader] !== undefined) restUntil = performance.now() + replicaLimits.drainingRestMs
      if (statusCode !== 200) throw new Error(`${path} answered ${statusCode} ${(await body.text()).slice(0, 200)}`)
      for await (const [place, answer] of linesOf(body)) {
        onAnswer(place, answer)
        count++
      }
      if (count !== inputs.length) throw new Error(`${path} answered ${count} of ${inputs.length} calls`)
    } catch (error) {
      // who answers some of many is there: what is slow or broken is one call, not the replica
      if (count === 0) throw error
      return error
    }
  }
  const breaker = new CircuitBreaker(post, {
    timeout: false, volumeThreshold: replicaLimits.breakerAfterRequests, errorThresholdPercentage: replicaLimits.breakerErrorPercent, resetTimeout: breakerRestMs ?? replicaLimits.breakerRestMs,
  })
  // each silence costs its caller seconds: where little is asked nobody waits until there were enough to judge by percent
  let silences = 0
  breaker.on('success', () => {
    silences = 0
  })
  breaker.on('failure', (error) => {
    silences = wasSilence(error) ? silences + 1 : 0
    if (silences >= replicaLimits.breakerAfterSilences) breaker.open()
  })
  breaker.on('open', onBreaker)
  breaker.on('close', onBreaker)
  return {
    ask: (...call) => (call[2].isHurried && breaker.closed ? post(...call) : breaker.fire(...call)),
    isOpen: () => breaker.opened,
    isAway: () => breaker.opened || performance.now() < restUntil,
    close: async () => {
      breaker.shutdown()
      await pool.close()
    },
  }
}

async function* linesOf(body: Dispatcher.ResponseData['body']): AsyncGenerator<[place: number, answer: WireAnswer]> {
  let rest = ''
  for await (const text of body.setEncoding('utf8')) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line)
  }
}

const wasSilence = (error: unknown) => (error as { name?: string }).name === 'TimeoutError'

const neverSent = new Set(['EOPENBREAKER', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])
/** No connection, so certainly nothing was done: another replica may be asked whatever the operation is. */
export const wasNeverSent = (error: unknown) => neverSent.has((error as { code?: string }).code ?? '')
