import { outsideTransaction, sqlState, isConnectionLost } from './database.ts'
import { type Answer, Refusal, UnknownOutcome } from './outcome.ts'

export type BatchOptions<I> = {
  /** most items in one flush: 64–256 were best on both engines */
  sizeMax?: number
  /** items that may wait in one lane before the next is refused with `overloaded` */
  queueMax?: number
  /** items of one lane are decided in arrival order, lanes run side by side (per show for seats) */
  lane?: (input: I) => string
  /** called for every flush; for metrics */
  observe?: (size: number, seconds: number) => void
}

const repeatsMax = 8
type Waiting<I, O> = { input: I; resolve: (output: O) => void; reject: (error: unknown) => void }
type Lane<I, O> = { waiting: Waiting<I, O>[]; running: boolean }

/**
 * Natural batching: what arrives while the previous batch commits forms the next one. No timer.
 * `handleMany` answers each input in order with a value, a Refusal or an UnknownOutcome. A statement that fails on
 * bad data (SQLSTATE 22, 23) is repeated in halves until the poisoned item is alone; deadlocks and serialization
 * failures repeat the batch; a connection lost after sending is unknown for all.
 */
export function batched<I, O>(
  handleMany: (inputs: I[]) => Promise<Answer<O>[]>,
  { sizeMax = 128, queueMax = 20_000, lane = () => '', observe }: BatchOptions<I> = {},
): (input: I) => Promise<O> {
  const lanes = new Map<string, Lane<I, O>>()

  async function run(name: string, current: Lane<I, O>) {
    while (current.waiting.length > 0) {
      const items = current.waiting.splice(0, sizeMax)
      const startedAt = performance.now()
      const answers = await answerAll(items.map((item) => item.input), handleMany)
      observe?.(items.length, (performance.now() - startedAt) / 1000)
      // after the next flush is on its way: what callers do with their answers must not keep the database waiting
      setImmediate(() => {
        for (const [index, item] of items.entries()) deliver(item, answers[index])
      })
    }
    current.running = false
    lanes.delete(name)
  }

  return (input) =>
    new Promise<O>((resolve, reject) => {
      const name = lane(input)
      const current = lanes.get(name) ?? { waiting: [], running: false }
      if (current.waiting.length >= queueMax) return reject(new Refusal('overloaded', { retryAfterSeconds: 1 }))
      current.waiting.push({ input, resolve, reject })
      if (current.running) return
      current.running = true
      lanes.set(name, current)
      outsideTransaction(() => setImmediate(() => void run(name, current)))
    })
}

function deliver<I, O>(item: Waiting<I, O>, answer: Answer<O> | Error | undefined) {
  if (answer instanceof Error) item.reject(answer)
  else item.resolve(answer as O)
}

async function answerAll<I, O>(
  inputs: I[],
  handleMany: (inputs: I[]) => Promise<Answer<O>[]>,
  repeats = 0,
): Promise<(Answer<O> | Error)[]> {
  try {
    const answers = await handleMany(inputs)
    if (answers.length !== inputs.length) throw new Error(`${answers.length} answers for ${inputs.length} inputs`)
    return answers
  } catch (error) {
    if (isConnectionLost(error) || error instanceof UnknownOutcome)
      return inputs.map(() => new UnknownOutcome('the database did not answer', { cause: error }))
    const state = sqlState(error) ?? ''
    if ((state === '40001' || state === '40P01') && repeats < repeatsMax)
      return answerAll(inputs, handleMany, repeats + 1)
    if (inputs.length === 1 || !/^2[23]/.test(state)) return inputs.map(() => error as Error)
    const half = inputs.length >> 1
    const first = await answerAll(inputs.slice(0, half), handleMany, repeats)
    return [...first, ...(await answerAll(inputs.slice(half), handleMany, repeats))]
  }
}

/**
 * Splits items into those that share no key with an earlier one, in arrival order, and the rest, which must wait for
 * the verdict on the earlier ones. In memory only order is decided, never the outcome.
 */
export function disjoint<T>(items: T[], keysOf: (item: T) => Iterable<string | number>): [first: T[], rest: T[]] {
  const used = new Set<string | number>()
  const first: T[] = []
  const rest: T[] = []
  for (const item of items) {
    const keys = [...keysOf(item)]
    const free = keys.every((key) => !used.has(key))
    for (const key of keys) used.add(key) // an item that waits also blocks those behind it: no overtaking
    ;(free ? first : rest).push(item)
  }
  return [first, rest]
}

type Rounds<I> = {
  /** inputs that share a key are decided one after the other, in arrival order, so that a refusal never counts what was refused */
  keys: (input: I) => string[]
  /** equal inputs share one answer; without it each has its own */
  identity?: (input: I) => unknown
}

/** Decides a batch in rounds; `decide` answers the inputs of one round in order. */
export async function inRounds<I, O>(
  inputs: I[],
  { keys, identity = (input) => input }: Rounds<I>,
  decide: (round: I[]) => Promise<Answer<O>[]>,
): Promise<Answer<O>[]> {
  const answers = new Map<unknown, Answer<O>>()
  let waiting = [...new Map(inputs.map((input) => [identity(input), input])).values()]
  while (waiting.length > 0) {
    const [round, rest] = disjoint(waiting, keys)
    const decided = await decide(round)
    for (const [index, input] of round.entries()) answers.set(identity(input), decided[index] as Answer<O>)
    waiting = rest
  }
  return inputs.map((input) => answers.get(identity(input)) as Answer<O>)
}

/** Calls an operation for many inputs at once and keeps each answer apart. */
export async function answersOf<T>(calls: Promise<T>[]): Promise<Answer<T>[]> {
  const settled = await Promise.allSettled(calls)
  return settled.map((result) => {
    if (result.status === 'fulfilled') return result.value
    if (result.reason instanceof Refusal || result.reason instanceof UnknownOutcome) return result.reason
    return new UnknownOutcome('the call failed', { cause: result.reason })
  })
}
