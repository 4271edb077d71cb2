import { type KeyboardEvent, useCallback, useMemo, useRef, useState } from 'react'
import { canvasFont, outline } from '../hall/blocks.ts'
import type { Camera } from '../hall/camera.ts'
import { type Grab, HallMap } from '../hall/map.tsx'
import type { Hall, Section } from '../hall/plan.ts'
import type { Moved } from '../hall/renderer.ts'
import { hallColours } from '../hall/sprites.ts'
import { toHall } from '../hall/stand.ts'
import { useHallEditorWords } from './spoken.ts'

export type Mode = 'sections' | 'seats'
type Props = {
  hall: Hall; states: Uint8Array; chosen: number; picked: ReadonlySet<number>; mode: Mode; locked: boolean
  onChoose: (section: number | undefined) => void; onSeat: (index: number) => void; onMove: (section: number, dx: number, dy: number) => void; onRemove: () => void; onCursor: (index: number) => void
}
const none: ReadonlySet<number> = new Set()
const farStep = 5
const gridUnit = 0.5
const snapUnits = 0.7
/** Where a dragged section stands beside others: lines through their middles. */
type Guides = { x?: number; y?: number }

/** The fan's hall with sections that can be chosen and moved, or seats that can be picked. */
export function EditorMap({ hall, states, chosen, picked, mode, locked, onChoose, onSeat, onMove, onRemove, onCursor }: Props) {
  const words = useHallEditorWords()
  const [moved, setMoved] = useState<Moved & Guides>()
  const section = hall.sections[chosen]
  const scene = useMemo(() => ({ states, chosen: picked, mine: none, lost: none, ringed: none, filter: none, stale: false, moved }), [states, picked, moved])
  const above = useCallback((context: CanvasRenderingContext2D, camera: Camera) => {
    if (section) drawChosen(context, camera, hall, section, moved)
  }, [hall, section, moved])
  const drag = useRef<{ section: Section; to?: Moved & Guides }>(undefined)
  const grab: Grab | undefined = mode === 'seats' ? undefined : {
    take: (found, pointerType) => {
      // a finger looks around; it moves only what was chosen before
      drag.current = !found || locked || (pointerType === 'touch' && found !== section) ? undefined : { section: found }
      if (drag.current && found) onChoose(hall.sections.indexOf(found))
      return drag.current !== undefined
    },
    to: (dx, dy) => {
      if (!drag.current) return
      drag.current.to = { section: drag.current.section, ...snapped(hall, drag.current.section, dx, dy) }
      setMoved(drag.current.to)
    },
    drop: (far) => {
      const to = drag.current?.to
      setMoved(undefined)
      if (far && to) onMove(hall.sections.indexOf(to.section), to.dx, to.dy)
    },
    key: keyed,
  }

  function keyed(event: KeyboardEvent): boolean {
    const by = event.shiftKey ? farStep : 1
    const arrows: Record<string, [number, number]> = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }
    const arrow = arrows[event.key]
    if (arrow && !locked) {
      if (section) onMove(chosen, ...arrow)
      else onChoose(0)
      return true
    }
    if (!section || locked || (event.key !== 'Delete' && event.key !== 'Backspace')) return false
    onRemove()
    return true
  }

  return (
    <div className="stage-room">
      <HallMap {...{ hall, scene, grab, above, onSeat, onCursor }} steady sought={section} label={words.map} onSection={(found) => onChoose(found ? hall.sections.indexOf(found) : undefined)} describedBy="map-help" />
      <p className="note" id="map-help">{mode === 'seats' ? words.seatHelp : words.mapHelp}</p>
    </div>
  )
}

/** Half a seat is the grid; the middles of the stage and of other sections attract. */
function snapped(hall: Hall, section: Section, dx: number, dy: number): { dx: number; dy: number } & Guides {
  const [x, y] = middleOf(section)
  const others = hall.sections.filter((each) => each !== section).map(middleOf)
  const column = near(x + dx, [0, ...others.map(([at]) => at), ...others.map(([at]) => -at)])
  const row = near(y + dy, others.map(([, at]) => at))
  const grid = (at: number) => Math.round(at / gridUnit) * gridUnit
  return { dx: (column ?? grid(x + dx)) - x, dy: (row ?? grid(y + dy)) - y, ...(column === undefined ? {} : { x: column }), ...(row === undefined ? {} : { y: row }) }
}

const middleOf = ({ stand, x, y, w, h }: Section) => toHall(stand, x + w / 2, y + h / 2)
const near = (at: number, lines: readonly number[]) => lines.reduce<number | undefined>((best, line) => (Math.abs(line - at) < (best === undefined ? snapUnits : Math.abs(best - at)) ? line : best), undefined)

function drawChosen(c: CanvasRenderingContext2D, camera: Camera, hall: Hall, section: Section, moved: (Moved & Guides) | undefined) {
  const isMoved = moved?.section === section
  const own = isMoved ? { ...camera, x: camera.x + moved.dx * camera.scale, y: camera.y + moved.dy * camera.scale } : camera
  const edge = 0.6
  outline(c, own, section, { x: section.x - edge, y: section.y - edge, w: section.w + 2 * edge, h: section.h + 2 * edge })
  c.strokeStyle = hallColours.ink
  c.lineWidth = 2
  c.setLineDash([6, 4])
  c.stroke()
  c.setLineDash([])
  const [x, y] = toHall(section.stand, section.x + section.w / 2, section.y - edge)
  c.fillStyle = hallColours.ink
  c.font = `700 13px ${canvasFont}`
  c.textAlign = 'center'
  c.textBaseline = 'bottom'
  c.fillText(section.name, x * own.scale + own.x, y * own.scale + own.y - 4)
  if (isMoved) drawGuides(c, camera, hall, moved)
}

function drawGuides(c: CanvasRenderingContext2D, { scale, x: left, y: top }: Camera, { box }: Hall, guides: Guides) {
  c.strokeStyle = '#6FC7D6'
  c.lineWidth = 1
  c.beginPath()
  if (guides.x !== undefined) {
    c.moveTo(guides.x * scale + left, box.y * scale + top)
    c.lineTo(guides.x * scale + left, (box.y + box.h) * scale + top)
  }
  if (guides.y !== undefined) {
    c.moveTo(box.x * scale + left, guides.y * scale + top)
    c.lineTo((box.x + box.w) * scale + left, guides.y * scale + top)
  }
  c.stroke()
}
