/** Three answers are possible: done (a value), refused (certainly no effect) and unknown (perhaps an effect). */

export type RefusalParams = Record<string, unknown>

/** An expected "no" with a stable code: certainly no effect. Callers act on the code; nobody parses the message. */
export class Refusal extends Error {
  readonly code: string
  readonly params: RefusalParams
  constructor(code: string, params: RefusalParams = {}) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0 // a refusal is an answer, not a bug: in a rush there are thousands a second
    super(code)
    Error.stackTraceLimit = limit
    this.code = code
    this.params = params
  }
}

/** The effect may or may not have happened; the caller repeats with the same id. Never mapped to a refusal. */
export class UnknownOutcome extends Error {}

/** It was not begun, for whoever asked had stopped waiting; nobody is there to be told more. */
export class GivenUp extends UnknownOutcome {}

export const refuse = (code: string, params: RefusalParams = {}): never => {
  throw new Refusal(code, params)
}

/** What a batched handler answers for one input. */
export type Answer<T> = T | Refusal | UnknownOutcome

export const isRefusal = (value: unknown, code?: string): value is Refusal =>
  value instanceof Refusal && (code === undefined || value.code === code)

/** Turns a stored answer back into the call's result: throws refusals and unknowns, returns the rest. */
export function settle<T>(answer: Answer<T>): T {
  if (answer instanceof Refusal || answer instanceof UnknownOutcome) throw answer
  return answer
}
