import { outsideTransaction, sqlState, isConnectionLost } from './database.ts'
import { deadlineHere } from './deadline.ts'
import { type Answer, GivenUp, Refusal, UnknownOutcome } from './outcome.ts'

export type BatchOptions<I, O = unknown> = {
  /** most items in one flush: 64–256 were best on both engines */
  sizeMax?: number
  /** items that may wait in one lane before the next is refused with `overloaded` */
  queueMax?: number
  /** items of one lane are decided in arrival order, lanes run side by side (per show for seats) */
  lane?: (input: I) => string
  /** hears of every flush, and how long the first of its inputs had waited for it and its answer, in milliseconds */
  flushed?: (inputs: I[], answers: (Answer<O> | Error)[], waitedMs: number) => void
  /** hears of an input refused because the lane was full */
  shed?: (input: I) => void
}

const repeatsMax = 8
/** Callers go on with their answers when these are delivered: of a whole batch at once, each would wait for the others at every step. */
const deliveredAtOnce = 16
type Waiting<I, O> = { input: I; at: number; until: number | undefined; resolve: (output: O) => void; reject: (error: unknown) => void }

/**
 * Natural batching: what arrives while the previous batch commits forms the next one. No timer. An input whose caller's
 * time is over before it is sent is not begun.
 * `handleMany` answers each input in order with a value, a Refusal or an UnknownOutcome. A statement that fails on
 * bad data (SQLSTATE 22, 23) is repeated in halves until the poisoned item is alone; deadlocks and serialization
 * failures repeat the batch; a connection lost after sending is unknown for all.
 */
export function batched<I, O>(
  handleMany: (inputs: I[]) => Promise<Answer<O>[]>,
  { sizeMax = 128, queueMax = 20_000, lane = () => '', flushed, shed }: BatchOptions<I, O> = {},
): (input: I) => Promise<O> {
  const lanes = new Map<string, Waiting<I, O>[]>()

  async function drain(name: string, waiting: Waiting<I, O>[]) {
    while (waiting.length > 0) {
      const items = stillWaitedFor(waiting.splice(0, sizeMax))
      if (items.length === 0) continue
      const inputs = items.map((item) => item.input)
      const answers = await answerAll(inputs, handleMany)
      // after the next flush is on its way: what callers do with their answers must not keep the database waiting
      for (let from = 0; from < items.length; from += deliveredAtOnce)
        setImmediate(() => {
          for (let index = from; index < Math.min(from + deliveredAtOnce, items.length); index++) deliver(items[index] as Waiting<I, O>, answers[index])
        })
      flushed?.(inputs, answers, performance.now() - (items[0]?.at ?? 0))
    }
    lanes.delete(name)
  }

  return (input) =>
    new Promise<O>((resolve, reject) => {
      const name = lane(input)
      const known = lanes.get(name)
      if (known && known.length >= queueMax) {
        shed?.(input)
        return reject(new Refusal('overloaded', { retryAfterSeconds: 1 }))
      }
      const waiting = known ?? []
      waiting.push({ input, at: flushed ? performance.now() : 0, until: deadlineHere(), resolve, reject })
      if (known) return
      lanes.set(name, waiting)
      outsideTransaction(() => setImmediate(() => void drain(name, waiting)))
    })
}

/** Whoever asked for the others has given up: they are not begun, what waits behind them is. */
function stillWaitedFor<I, O>(items: Waiting<I, O>[]): Waiting<I, O>[] {
  if (items.every(({ until }) => until === undefined)) return items
  const now = performance.now()
  const isLate = ({ until }: Waiting<I, O>) => until !== undefined && until <= now
  for (const item of items) if (isLate(item)) item.reject(new GivenUp('nobody waits for this any more'))
  return items.filter((item) => !isLate(item))
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
 * Does the work of many at once; when that fails, in halves, until what is broken is alone. Answers what could not be
 * done and why. A database that is away fails the whole.
 */
export async function inHalves<T>(items: T[], act: (items: T[]) => Promise<unknown>): Promise<{ item: T; error: unknown }[]> {
  try {
    if (items.length > 0) await act(items)
    return []
  } catch (error) {
    if (isConnectionLost(error) || error instanceof UnknownOutcome) throw error
    if (items.length === 1) return [{ item: items[0] as T, error }]
    const half = items.length >> 1
    return [...(await inHalves(items.slice(0, half), act)), ...(await inHalves(items.slice(half), act))]
  }
}

type Key = string | number

/**
 * Splits items into those that share no key with an earlier one, in arrival order, and the rest, which must wait for
 * the verdict on the earlier ones. In memory only order is decided, never the outcome.
 */
export function disjoint<T>(items: T[], keysOf: (item: T) => readonly Key[]): [first: T[], rest: T[]] {
  const used = new Set<Key>()
  const first: T[] = []
  const rest: T[] = []
  for (const item of items) {
    const keys = keysOf(item)
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
