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
  /**
   * What an input needs for itself, undefined for everything. With it a second batch goes to the database beside the
   * first, once it is full, of inputs that share nothing with the first: neither side waits for the other's answers.
   */
  apart?: (input: I) => readonly Key[] | undefined
  /** hears of every flush, and how long the first of its inputs had waited for it and its answer, in milliseconds */
  flushed?: (inputs: I[], answers: (Answer<O> | Error)[], waitedMs: number) => void
  /** hears of an input refused because the lane was full */
  shed?: (input: I) => void
}

const repeatsMax = 8
type Waiting<I, O> = { input: I; at: number; until: number | undefined; resolve: (output: O) => void; reject: (error: unknown) => void }
type Lane<I, O> = { waiting: Waiting<I, O>[]; flying: Waiting<I, O>[][]; isDue: boolean }
type Key = string | number
const flightsMax = 2
/** how many batches deep a second one is looked for among those that wait */
const searchedMax = 4

/**
 * Natural batching: what arrives while the previous batch commits forms the next one. No timer. An input whose caller's
 * time is over before it is sent is not begun.
 * `handleMany` answers each input in order with a value, a Refusal or an UnknownOutcome. A statement that fails on
 * bad data (SQLSTATE 22, 23) is repeated in halves until the poisoned item is alone; deadlocks and serialization
 * failures repeat the batch; a connection lost after sending is unknown for all.
 */
export function batched<I, O>(
  handleMany: (inputs: I[]) => Promise<Answer<O>[]>,
  { sizeMax = 128, queueMax = 20_000, lane = () => '', apart, flushed, shed }: BatchOptions<I, O> = {},
): (input: I) => Promise<O> {
  const lanes = new Map<string, Lane<I, O>>()

  async function fly(name: string, current: Lane<I, O>, taken: Waiting<I, O>[]) {
    const items = stillWaitedFor(taken)
    if (items.length === 0) return
    current.flying.push(items)
    const inputs = items.map((item) => item.input)
    const answers = await answerAll(inputs, handleMany)
    flushed?.(inputs, answers, performance.now() - (items[0]?.at ?? 0))
    current.flying.splice(current.flying.indexOf(items), 1)
    launch(name, current)
    // after the next flush is on its way: what callers do with their answers must not keep the database waiting
    setImmediate(() => {
      for (const [index, item] of items.entries()) deliver(item, answers[index])
    })
  }

  function launch(name: string, current: Lane<I, O>) {
    current.isDue = false
    for (let items = take(current); items.length > 0; items = take(current)) void fly(name, current, items)
    // another one may stand there by now
    if (current.flying.length === 0 && lanes.get(name) === current) lanes.delete(name)
  }

  function take({ waiting, flying }: Lane<I, O>): Waiting<I, O>[] {
    if (flying.length === 0) return waiting.splice(0, sizeMax)
    if (!apart || flying.length >= flightsMax || waiting.length < sizeMax) return []
    return takeApart(waiting, flying.flat(), sizeMax, apart)
  }

  return (input) =>
    new Promise<O>((resolve, reject) => {
      const name = lane(input)
      const current = lanes.get(name) ?? { waiting: [], flying: [], isDue: false }
      if (current.waiting.length >= queueMax) {
        shed?.(input)
        return reject(new Refusal('overloaded', { retryAfterSeconds: 1 }))
      }
      current.waiting.push({ input, at: flushed ? performance.now() : 0, until: deadlineHere(), resolve, reject })
      const isFull = apart !== undefined && current.flying.length < flightsMax && current.waiting.length % sizeMax === 0
      if (current.isDue || (current.flying.length > 0 && !isFull)) return
      current.isDue = true
      lanes.set(name, current)
      outsideTransaction(() => setImmediate(() => launch(name, current)))
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

/** Takes a full batch, in arrival order, of what shares no key with those that fly or with an earlier one that must wait; or nothing. */
function takeApart<I, O>(waiting: Waiting<I, O>[], flying: Waiting<I, O>[], sizeMax: number, apart: (input: I) => readonly Key[] | undefined) {
  const used = new Set<Key>()
  for (const { input } of flying) {
    const keys = apart(input)
    if (!keys) return []
    for (const key of keys) used.add(key)
  }
  const taken: Waiting<I, O>[] = []
  const passed: Waiting<I, O>[] = []
  for (let i = 0; i < waiting.length && i < sizeMax * searchedMax && taken.length < sizeMax; i++) {
    const item = waiting[i] as Waiting<I, O>
    const keys = apart(item.input)
    if (!keys) break
    if (keys.some((key) => used.has(key))) {
      for (const key of keys) used.add(key)
      passed.push(item)
    } else taken.push(item)
  }
  if (taken.length < sizeMax) return []
  waiting.splice(0, taken.length + passed.length, ...passed)
  return taken
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
