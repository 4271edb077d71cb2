/** What the crowd saw, counted by the crowd itself: the server's own numbers are never taken as proof. */
export type Step = 'join' | 'hold' | 'reserve' | 'pay'
export type Quantiles = { p50: number; p95: number; p99: number; max: number; count: number }

/** Something a fan was told is there, so that it must be there for ever after. */
export type Told =
  | { kind: 'place'; token: string; number: number }
  | { kind: 'hold'; token: string; id: string; seatIds: number[] }
  | { kind: 'payment'; token: string; id: string; reservationId: string; seatIds: number[] }

export type CrowdRecord = ReturnType<typeof createRecord>

export function createRecord() {
  const latencies: Record<Step, number[]> = { join: [], hold: [], reserve: [], pay: [] }
  const waits: number[] = []
  const refusals: Record<string, number> = {}
  const unexpected: string[] = []
  const lost = { places: 0, holds: 0, payments: 0 }
  /** seat id to the payments this crowd was told had bought it */
  const bought = new Map<number, string[]>()
  const counts = { arrived: 0, joined: 0, entered: 0, holding: 0, paid: 0, paidSeats: 0, gaveUp: 0, unknowns: 0, retries: 0 }
  return {
    latencies, waits, refusals, unexpected, lost, bought, counts,
    refused: (code: string) => {
      refusals[code] = (refusals[code] ?? 0) + 1
    },
    surprise: (what: string) => {
      unexpected.push(what)
    },
    buy: (paymentId: string, seatIds: number[]) => {
      for (const seatId of seatIds) bought.set(seatId, [...(bought.get(seatId) ?? []), paymentId])
      counts.paid++
      counts.paidSeats += seatIds.length
    },
    soldTwice: () => [...bought.values()].filter((payments) => payments.length > 1).length,
  }
}

/** Quantiles in milliseconds with one decimal, nearest rank. */
export function quantiles(values: number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (q: number) => Math.round((sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0) * 10) / 10
  return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: rank(1), count: sorted.length }
}
