import type { Line } from './line.ts'
import { arrivalOrder, type Order } from './order.ts'

/** The order a line is in. */
export const orderOf = (_line: Line): Order => arrivalOrder

/** A name of that order which no other order of this line has: copies of the line are kept under it. */
export const orderKeyOf = (_line: Line): string => 'arrival'
