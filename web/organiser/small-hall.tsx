import { useEffect, useMemo, useRef, useState } from 'react'
import { useNow } from '../data.ts'
import { fit } from '../hall/camera.ts'
import { layOut } from '../hall/plan.ts'
import { createRenderer } from '../hall/renderer.ts'
import { followSeats, type Seats } from '../hall/source.ts'
import { Panel } from '../operations/board.tsx'
import type { MapPlan } from '../wire.ts'
import { useWords } from '../words/index.ts'
import { useSalesWords } from './sales-spoken.ts'

const nothing: ReadonlySet<number> = new Set()
const staleMs = 8_000

export type OwnHall = { plan: MapPlan | undefined; seats: Seats | undefined }

/** The seats of a show as its fans see them; without them a page still says everything in figures. */
export function useHall(showId: string | null): OwnHall {
  const [plan, setPlan] = useState<MapPlan>()
  const [seats, setSeats] = useState<Seats>()
  useEffect(() => (showId === null ? undefined : followSeats(showId, { plan: setPlan, seats: setSeats, problem: () => undefined })), [showId])
  return { plan, seats }
}

/** The fan's own map, only looked at: seats fill as they sell. Its figures stand beside it in words. */
export function SmallHall({ hall: { plan, seats }, grades, label }: { hall: OwnHall; grades: string[]; label: string }) {
  const { hall: hallWords } = useWords()
  const { hall: words } = useSalesWords()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const now = useNow(2_000)
  const gradeKey = grades.join('\n')
  const hall = useMemo(() => (plan ? layOut(plan.seats, gradeKey.split('\n'), plan.shapes) : undefined), [plan, gradeKey])
  const draw = useMemo(() => (hall ? createRenderer(hall, hallWords) : undefined), [hall, hallWords])
  const stale = seats !== undefined && now - seats.heardAt > staleMs
  useEffect(() => {
    const element = canvas.current
    if (!element) return
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d', { alpha: false })
    if (!element || !context || !hall || !draw || !seats || width === 0) return
    const [ratio, height] = [Math.min(2, devicePixelRatio), element.clientHeight]
    element.width = Math.round(width * ratio)
    element.height = Math.round(height * ratio)
    draw(context, fit(hall.box, width, height), { states: seats.states, filter: nothing, chosen: nothing, mine: nothing, lost: nothing, ringed: nothing, stale, cursor: undefined }, { width, height, ratio })
  }, [hall, draw, seats, width, stale])
  return <Panel title={words.title}><canvas ref={canvas} className="small-hall" role="img" aria-label={label} /></Panel>
}
