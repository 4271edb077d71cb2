import { useEffect, useRef, useState } from 'react'
import type { LiveShow } from '../../src/gateway/war-room.ts'

export type Point = { at: number; joined: number; inside: number; sold: number }
const keptMs = 300_000
const rateMs = 10_000

/** What was seen of this sale while the page was open: rates and curves are made of it. */
export function useHistory(live: LiveShow | undefined): Point[] {
  const points = useRef<Point[]>([])
  const showId = useRef<string>(undefined)
  const [, drawn] = useState(0)
  useEffect(() => {
    if (!live) return
    if (showId.current !== live.show.id) points.current = []
    showId.current = live.show.id
    const at = Date.parse(live.at)
    if (points.current.at(-1)?.at === at) return
    points.current = [...points.current.filter((point) => at - point.at <= keptMs), { at, joined: live.line.joined, inside: live.line.live, sold: live.seats?.sold ?? 0 }]
    drawn(at)
  }, [live])
  return points.current
}

/** How many a second lately; undefined before two looks. */
export function perSecond(points: Point[], of: 'joined' | 'sold'): number | undefined {
  const last = points.at(-1)
  const first = points.find((point) => last !== undefined && last.at - point.at <= rateMs)
  if (!last || !first || last.at === first.at) return undefined
  return Math.max(0, ((last[of] - first[of]) * 1_000) / (last.at - first.at))
}
