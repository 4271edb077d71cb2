import { lookOf, type Shape } from '../parts/looks.ts'

export const lamp = '#F7C25C'
export const hallColours = { ground: '#17161C', ink: '#F3F0E8', second: '#B9B4C0', held: '#8D8899', sold: '#5A5664', letter: '#131218' }
export type Mark = 'none' | 'chosen' | 'mine' | 'lost'
export type Canvas = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

/** The path of a grade's shape around a centre; `r` is half its width. */
export function shapePath(c: Canvas, shape: Shape, x: number, y: number, r: number) {
  c.beginPath()
  switch (shape) {
    case 'circle': c.arc(x, y, r, 0, Math.PI * 2); break
    case 'square': c.roundRect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8, r * 0.4); break
    case 'diamond': polygon(c, x, y, r * 1.12, 4, 0); break
    case 'hexagon': polygon(c, x, y, r * 1.04, 6, Math.PI / 6); break
    case 'triangle': polygon(c, x, y + r * 0.2, r * 1.15, 3, -Math.PI / 2); break
  }
}

function polygon(c: Canvas, x: number, y: number, r: number, corners: number, turn: number) {
  for (let i = 0; i < corners; i++) {
    const angle = turn + (i * 2 * Math.PI) / corners
    if (i === 0) c.moveTo(x + r * Math.cos(angle), y + r * Math.sin(angle))
    else c.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle))
  }
  c.closePath()
}

/** State is form, grade is colour and shape, mine is the lamp. `size` is the seat's pitch in pixels. */
export function drawSeat(c: Canvas, state: number, gradeIndex: number, mark: Mark, x: number, y: number, size: number) {
  const look = lookOf(gradeIndex)
  const r = size * 0.4
  if (mark === 'chosen' || mark === 'mine') return drawOwn(c, look.shape, mark, x, y, r)
  if (mark === 'lost') return cross(c, x, y, r, '#F3F0E8', Math.max(1.5, size / 9))
  switch (state) {
    case 0:
      shapePath(c, look.shape, x, y, r)
      c.fillStyle = look.fill
      return c.fill()
    case 1:
      shapePath(c, look.shape, x, y, r * 0.9)
      c.strokeStyle = hallColours.held
      c.lineWidth = Math.min(1.5, size / 7)
      return c.stroke()
    case 2:
      c.beginPath()
      c.arc(x, y, r * 0.42, 0, Math.PI * 2)
      c.fillStyle = hallColours.sold
      return c.fill()
    default:
      return cross(c, x, y, r * 0.55, hallColours.sold, Math.max(0.75, size / 16))
  }
}

function drawOwn(c: Canvas, shape: Shape, mark: Mark, x: number, y: number, r: number) {
  shapePath(c, shape, x, y, r * 1.08)
  c.fillStyle = lamp
  c.fill()
  c.strokeStyle = hallColours.ink
  c.lineWidth = Math.max(1, Math.min(2, r / 4))
  c.stroke()
  if (r < 5) return
  c.strokeStyle = hallColours.letter
  c.lineWidth = Math.max(1.5, r / 5)
  c.beginPath()
  if (mark === 'chosen') {
    c.moveTo(x - r * 0.42, y + r * 0.02)
    c.lineTo(x - r * 0.1, y + r * 0.34)
    c.lineTo(x + r * 0.44, y - r * 0.34)
  } else {
    c.arc(x, y - r * 0.12, r * 0.24, Math.PI, 0)
    c.rect(x - r * 0.36, y - r * 0.08, r * 0.72, r * 0.46)
  }
  c.stroke()
}

function cross(c: Canvas, x: number, y: number, r: number, colour: string, width: number) {
  c.strokeStyle = colour
  c.lineWidth = width
  c.beginPath()
  c.moveTo(x - r, y - r)
  c.lineTo(x + r, y + r)
  c.moveTo(x + r, y - r)
  c.lineTo(x - r, y + r)
  c.stroke()
}

/** Small pictures of free, held, sold and blocked seats: pasting one is several times cheaper than drawing it. */
export function createSprites() {
  const kept = new Map<string, OffscreenCanvas>()
  return (state: number, gradeIndex: number, size: number): OffscreenCanvas => {
    const key = `${state} ${state === 2 || state === 3 ? 0 : gradeIndex} ${size}`
    const known = kept.get(key)
    if (known) return known
    const canvas = new OffscreenCanvas(size, size)
    const context = canvas.getContext('2d')
    if (context) drawSeat(context, state, gradeIndex, 'none', size / 2, size / 2, size)
    if (kept.size > 200) kept.clear()
    kept.set(key, canvas)
    return canvas
  }
}
