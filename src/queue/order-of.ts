import type { Line } from './line.ts'
import { arrivalOrder, type Order } from './order.ts'

/** The order a line is in, and a name that no other order of this line has: copies of the line are kept under it. */
export const orderOf = (_line: Line): { key: string; order: Order } => ({ key: 'arrival', order: arrivalOrder })
