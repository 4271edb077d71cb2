import type { Client } from './client.ts'
import type { CrowdRecord } from './record.ts'

/** Seats that a fan walked away from without a word. */
export type LeftBehind = { token: string; holdId: string; seats: number; until: string }
export type Walkers = ReturnType<typeof createWalkers>

/** Holds that end by themselves this soon are left to it: that is what a silent walker is there to try. */
const soonMs = 30_000

/**
 * Fans who walk away in silence never come back, and their seats return by the clock: on a server with long holds the
 * rest of the crowd would wait for nothing else. As the last act of the sale `tidyUp` lets their holds go and leaves
 * the line for them, but only once all other seats are paid; the report says for how many.
 */
export function createWalkers({ client, showId, seats, record }: { client: Pick<Client, 'send'>; showId: string; seats: number; record: CrowdRecord }) {
  let waiting: LeftBehind[] = []
  const counts = { silently: 0, tidiedUp: 0 }
  return {
    counts,
    walkAway: (left: LeftBehind) => {
      counts.silently++
      waiting.push(left)
    },
    async tidyUp(now: number): Promise<void> {
      waiting = waiting.filter(({ until }) => Date.parse(until) > now)
      const held = waiting.reduce((sum, left) => sum + left.seats, 0)
      if (record.counts.paidSeats + held < seats) return
      const left = waiting.filter(({ until }) => Date.parse(until) > now + soonMs)
      waiting = waiting.filter((other) => !left.includes(other))
      for (const { token, holdId } of left) {
        const answer = await client.send('DELETE', `/api/holds/${holdId}`, { token })
        if (answer.status !== 204) record.surprise(`letting a hold of a walker go answered ${answer.status} ${answer.body.code ?? ''}`)
        await client.send('DELETE', `/api/shows/${showId}/queue/me`, { token })
        counts.tidiedUp++
      }
    },
  }
}
