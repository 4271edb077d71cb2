import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef } from 'react'
import { useWords } from '../words/index.ts'
import { overviewOf } from './blocks.ts'
import { type Camera, fit, keepInside, resized, reveal, seatPxMax, toHall, zoomAt } from './camera.ts'
import { type Hall, hit, type Section, step } from './plan.ts'
import { createRenderer, type Scene, showsOverview } from './renderer.ts'

type Props = {
  hall: Hall; scene: Omit<Scene, 'cursor'>; onSeat: (index: number) => void; onSection: (section: Section | undefined) => void; onCursor: (index: number) => void; describedBy: string
  /** with it a tap means a section, and one that may be taken is dragged instead of the hall */
  grab?: Grab | undefined
  /** drawn over each frame */
  above?: ((context: CanvasRenderingContext2D, camera: Camera) => void) | undefined
  /** the camera stays where it is when the hall is another */
  steady?: boolean
  /** another one is looked for, where it is not on the screen */
  sought?: Section | undefined
  label?: string
}
export type Grab = {
  take: (section: Section | undefined, pointerType: string) => boolean
  to: (dx: number, dy: number) => void
  /** false: it was let go where it was */
  drop: (moved: boolean) => void
  /** true: the key is dealt with */
  key: (event: KeyboardEvent) => boolean
}
const pickPx = { mouse: 9, touch: 18, pen: 12 } as const
const pickZoomPx = 30
const tapPx = 8
const keyZoom = 1.5

/** The hall on a canvas: drag, pinch, wheel, double-click, arrows and Enter. It draws only when something changed. */
export function HallMap({ hall, scene, onSeat, onSection, onCursor, describedBy, grab, above, steady = false, sought, label }: Props) {
  const { hall: words } = useWords()
  const canvas = useRef<HTMLCanvasElement>(null)
  const draw = useMemo(() => createRenderer(hall, words), [hall, words])
  const view = useRef({ camera: { scale: 1, x: 0, y: 0 } as Camera, width: 0, height: 0, least: 1, cursor: undefined as number | undefined, frame: 0, scene, above })
  Object.assign(view.current, { scene, above })
  const pointers = useRef(new Map<number, { x: number; y: number }>())
  const moved = useRef(0)
  const held = useRef<{ x: number; y: number }>(undefined)

  const request = useMemo(() => () => {
    const now = view.current
    if (now.frame) return
    now.frame = requestAnimationFrame(() => {
      now.frame = 0
      const element = canvas.current
      const context = element?.getContext('2d', { alpha: false })
      if (!element || !context || now.width === 0) return
      draw(context, now.camera, { ...now.scene, cursor: document.activeElement === element ? now.cursor : undefined }, { width: now.width, height: now.height, ratio: element.width / now.width })
      now.above?.(context, now.camera)
      element.dataset.camera = `${now.camera.scale} ${now.camera.x} ${now.camera.y}`
    })
  }, [draw])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another scene is drawn
  useEffect(request, [request, scene, above])

  const look = (camera: Camera) => {
    const { width, height } = view.current
    view.current.camera = keepInside(camera, hall.box, width, height)
    request()
  }
  const whole = () => look(fit(hall.box, view.current.width, view.current.height))

  useEffect(() => {
    const element = canvas.current
    if (!element) return
    const now = view.current
    const measure = () => {
      const { width, height } = element.getBoundingClientRect()
      const ratio = Math.min(2, devicePixelRatio)
      element.width = Math.round(width * ratio)
      element.height = Math.round(height * ratio)
      const whole = fit(hall.box, width, height)
      now.camera = now.width === 0 ? whole : resized(now.camera, fit(hall.box, now.width, now.height), whole, { dx: (width - now.width) / 2, dy: (height - now.height) / 2 })
      Object.assign(now, { width, height, least: whole.scale * 0.8 })
      request()
    }
    if (!steady) now.width = 0
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    const wheel = (event: WheelEvent) => {
      event.preventDefault()
      const at = placeOf(element, event)
      now.camera = keepInside(zoomAt(now.camera, Math.exp(-event.deltaY / (event.ctrlKey ? 120 : 400)), at.x, at.y, now.least), hall.box, now.width, now.height)
      request()
    }
    element.addEventListener('wheel', wheel, { passive: false })
    return () => {
      observer.disconnect()
      element.removeEventListener('wheel', wheel)
    }
  }, [hall, request, steady])

  const soughtAt = sought?.first
  // biome-ignore lint/correctness/useExhaustiveDependencies: who looks around afterwards is not brought back
  useEffect(() => {
    const { camera, width, height } = view.current
    if (!sought || width === 0) return
    const { x, y, w, h } = sought.around
    look(reveal(camera, x + w / 2, y + h / 2, width, height))
  }, [soughtAt])

  const zoom = (factor: number) => look(zoomAt(view.current.camera, factor, view.current.width / 2, view.current.height / 2, view.current.least))

  function down(event: PointerEvent<HTMLCanvasElement>) {
    event.currentTarget.setPointerCapture(event.pointerId)
    const at = placeOf(event.currentTarget, event)
    if (pointers.current.size === 0) {
      moved.current = 0
      held.current = grab?.take(hit(hall, ...toHall(view.current.camera, at.x, at.y))?.section, event.pointerType) ? at : undefined
    }
    pointers.current.set(event.pointerId, at)
  }

  function move(event: PointerEvent<HTMLCanvasElement>) {
    const before = pointers.current.get(event.pointerId)
    if (!before) return
    const at = placeOf(event.currentTarget, event)
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1]
    moved.current += Math.hypot(at.x - before.x, at.y - before.y)
    pointers.current.set(event.pointerId, at)
    const { camera, least } = view.current
    if (held.current && !other) return grab?.to((at.x - held.current.x) / camera.scale, (at.y - held.current.y) / camera.scale)
    letGo(false)
    if (!other) return look({ ...camera, x: camera.x + at.x - before.x, y: camera.y + at.y - before.y })
    const spread = Math.hypot(at.x - other.x, at.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y))
    const slide = { ...camera, x: camera.x + (at.x - before.x) / 2, y: camera.y + (at.y - before.y) / 2 }
    look(zoomAt(slide, spread, (at.x + other.x) / 2, (at.y + other.y) / 2, least))
  }

  function letGo(far: boolean) {
    if (held.current) grab?.drop(far)
    held.current = undefined
  }

  function up(event: PointerEvent<HTMLCanvasElement>) {
    const at = pointers.current.get(event.pointerId)
    pointers.current.delete(event.pointerId)
    letGo(moved.current > tapPx)
    if (!at || pointers.current.size > 0 || moved.current > tapPx) return
    const { camera, least } = view.current
    if (wentThere(at)) return
    const found = hit(hall, ...toHall(camera, at.x, at.y))
    if (grab) return onSection(found?.section)
    if (!found) return
    if (found.section.standing) return onSection(found.section)
    // from afar a tap comes nearer first: a fingertip covers several seats
    if (camera.scale < pickPx[event.pointerType as keyof typeof pickPx]) return look(zoomAt(camera, pickZoomPx / camera.scale, at.x, at.y, least))
    if (found.seat !== undefined) {
      view.current.cursor = found.seat
      onSeat(found.seat)
    }
  }

  /** A tap in the small overview looks there. */
  function wentThere(at: { x: number; y: number }): boolean {
    const { camera, width, height } = view.current
    const small = overviewOf(hall, height)
    if (!showsOverview(hall, camera, view.current) || at.x < small.x || at.x > small.x + small.w || at.y < small.y || at.y > small.y + small.h) return false
    const [x, y] = toHall(small.camera, at.x, at.y)
    look({ ...camera, x: width / 2 - x * camera.scale, y: height / 2 - y * camera.scale })
    return true
  }

  function key(event: KeyboardEvent) {
    if (grab?.key(event)) return event.preventDefault()
    const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
    const arrow = arrows[event.key]
    const now = view.current
    const first = hall.sections.find(({ standing }) => !standing)?.first
    if (arrow && first !== undefined) {
      now.cursor = now.cursor === undefined ? first : step(hall, now.cursor, ...arrow)
      const near = now.camera.scale < 16 ? zoomAt(now.camera, 24 / now.camera.scale, now.width / 2, now.height / 2, now.least) : now.camera
      look(reveal(near, hall.xs[now.cursor] ?? 0, hall.ys[now.cursor] ?? 0, now.width, now.height))
      onCursor(now.cursor)
    } else if ((event.key === 'Enter' || event.key === ' ') && now.cursor !== undefined) onSeat(now.cursor)
    else if (event.key === '+' || event.key === '=') zoom(keyZoom)
    else if (event.key === '-') zoom(1 / keyZoom)
    else if (event.key === '0') whole()
    else return
    event.preventDefault()
  }

  return (
    <div className="map">
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a canvas with its own keys is an application; the list is its equal for readers of screens */}
      <canvas ref={canvas} tabIndex={0} role="application" aria-label={label ?? words.mapLabel} aria-describedby={describedBy} onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={(event) => { pointers.current.delete(event.pointerId); letGo(false) }} onKeyDown={key} onFocus={request} onBlur={request} onDoubleClick={(event) => {
        const at = placeOf(event.currentTarget, event)
        if (!grab && view.current.camera.scale < seatPxMax / 2) look(zoomAt(view.current.camera, 2, at.x, at.y, view.current.least))
      }} />
      <div className="zoom">
        <button type="button" aria-label={words.zoomIn} onClick={() => zoom(keyZoom)}>+</button>
        <button type="button" aria-label={words.zoomOut} onClick={() => zoom(1 / keyZoom)}>−</button>
        <button type="button" aria-label={words.whole} onClick={whole}>⤢</button>
      </div>
    </div>
  )
}

function placeOf(element: Element, event: { clientX: number; clientY: number }) {
  const { left, top } = element.getBoundingClientRect()
  return { x: event.clientX - left, y: event.clientY - top }
}
