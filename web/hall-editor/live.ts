import { useCallback, useEffect, useMemo, useState } from 'react'
import { ask, post } from '../client.ts'
import { useAct, useRead } from '../data.ts'
import { followSeats } from '../hall/source.ts'
import type { Listed, WireBlock } from '../wire.ts'
import type { Block } from './seats.tsx'

/** Seats of a published show as they are now, what is not on sale and why, and changing that. */
export function useLiveSeats(showId: string, isLive: boolean) {
  const [states, setStates] = useState<Uint8Array>()
  const blocks = useRead<Listed<WireBlock>>(isLive ? `/api/shows/${showId}/blocks` : null)
  const { act, busy, problem } = useAct()
  useEffect(() => (isLive ? followSeats(showId, { plan: () => undefined, seats: (seats) => setStates(seats.states), problem: () => undefined }) : undefined), [showId, isLive])
  const grouped = useMemo(() => byReason(blocks.data?.items ?? []), [blocks.data])
  const change = useCallback((what: () => Promise<unknown>, done: () => void) => act(async () => {
    await what()
    blocks.reload()
    done()
  }), [act, blocks.reload])
  const path = `/api/shows/${showId}/blocks`
  return {
    isLive, states, blocks: grouped, busy, problem: problem ?? blocks.problem,
    block: (seats: number[], reason: string, done: () => void) => change(() => post(path, { seatIds: seats.map((i) => i + 1), reason }), done),
    unblock: (seats: number[], done: () => void) => change(() => ask('DELETE', path, { body: { seatIds: seats.map((i) => i + 1) } }), done),
  }
}

function byReason(items: readonly WireBlock[]): Block[] {
  return [...Map.groupBy(items, ({ reason }) => reason)].map(([reason, blocks]) => ({ reason, seats: blocks.map(({ seatId }) => seatId - 1) }))
}
