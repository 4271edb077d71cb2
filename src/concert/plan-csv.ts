import { refuse } from '../platform/outcome.ts'
import type { Plan } from './api.ts'
import { readCsv, Unreadable } from './plan-text.ts'

export { csvOf } from './plan-text.ts'

/** The plan of a CSV text; refuses `plan_invalid` with the line that cannot be read. */
export function planOf(csv: string): Plan {
  try {
    return readCsv(csv)
  } catch (error) {
    if (error instanceof Unreadable) return refuse('plan_invalid', { detail: error.message })
    throw error
  }
}
