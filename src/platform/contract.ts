import Type, { type Static, type TObject, type TProperties, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { refuseInTransaction } from './database.ts'
import { Refusal } from './outcome.ts'

/** An object that refuses keys it does not name. */
export const Exact = <P extends TProperties>(properties: P) => Type.Object(properties, { additionalProperties: false })

export const bigintMax = Number.MAX_SAFE_INTEGER
export const intMax = 2_147_483_647
/** One spelling: memory keeps things under their id, and PostgreSQL would take another one for the same. */
export const Id = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$', description: 'UUID in lower case' })
export const SeatId = Type.Integer({ minimum: 1, maximum: intMax, description: 'number of the seat within its show' })
export const Won = Type.Integer({ minimum: 0, maximum: 1_000_000_000_000, description: 'integer won' })
export const PositiveWon = Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'integer won, at least 1' })
/** An instant between services: epoch milliseconds. Public HTTP shows ISO 8601. */
export const Instant = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000, description: 'epoch milliseconds' })
export const Count = Type.Integer({ minimum: 0, maximum: intMax })
export const Text = (maxLength: number, minLength = 1) => Type.String({ minLength, maxLength })

export type Operation<I extends TSchema = TSchema, O extends TSchema = TSchema> = {
  input: I
  output: O
  refusals: readonly string[]
  /** its input carries no id of its own: a second try could refuse what the first has done */
  once?: true
}
export type Operations = Record<string, Operation>

/** Declares one operation of a service as data: types, validation, local and remote callers come from it. */
export const operation = <I extends TObject, O extends TSchema>(declared: {
  input: I
  output: O
  refusals?: readonly string[]
  once?: true
}): Operation<I, O> => ({ refusals: [], ...declared })

export type Api<Ops extends Operations> = {
  [Name in keyof Ops]: (input: Static<Ops[Name]['input']>) => Promise<Static<Ops[Name]['output']>>
}

/**
 * The local caller: as humble as a remote one. Validates the input, refuses to be used inside an open transaction,
 * and lets through only refusals that the operation declares (another is a bug and is named as one).
 */
export function local<Ops extends Operations>(service: string, operations: Ops, api: Api<Ops>, step?: StepHook): Api<Ops> {
  const callers = Object.entries(operations).map(([name, declared]) => {
    const input = Compile(declared.input)
    const allowed = allowedRefusals(declared)
    const handle = api[name] as (value: unknown) => Promise<unknown>
    const call = async (value: unknown) => {
      refuseInTransaction(`${service}.${name}`)
      if (!input.Check(value)) throw new Refusal('request_invalid', { detail: `${service}.${name}: ${firstError(input, value)}` })
      try {
        const output = await handle(value)
        step?.('call', `${service}.${name}`)
        return output
      } catch (error) {
        if (error instanceof Refusal && !allowed.has(error.code))
          throw new Error(`${service}.${name} refused with undeclared ${error.code}`, { cause: error })
        throw error
      }
    }
    return [name, call]
  })
  return Object.fromEntries(callers) as Api<Ops>
}

/** Called after each commit, call between services and publish; crash tests stop the process there. */
export type StepHook = (kind: 'commit' | 'call' | 'publish', name: string) => void

/** Any operation may answer these. */
export const commonRefusals = ['request_invalid', 'overloaded', 'idempotency_conflict'] as const

export const allowedRefusals = (declared: Operation): ReadonlySet<string> => new Set([...declared.refusals, ...commonRefusals])

function firstError(validator: ReturnType<typeof Compile>, value: unknown): string {
  const [error] = validator.Errors(value)
  return error ? `${error.instancePath || '/'} ${error.message}` : 'invalid'
}
