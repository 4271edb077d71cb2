import { lookOf } from '../parts/looks.ts'
import type { Words } from '../words/index.ts'
import type { Camera } from './camera.ts'
import { bend, type Hall, type Section } from './plan.ts'
import { hallColours } from './sprites.ts'
import { freeCount } from './states.ts'

type Context = CanvasRenderingContext2D
export const canvasFont = 'system-ui, "Noto Sans KR", "Noto Sans CJK KR", sans-serif'
const roundSteps = 8
const hatchPx = 8

/** The stage once, at the top, as a thin light arc. */
export function drawStage(c: Context, { stage: { x, y, w } }: Hall, camera: Camera, text: string) {
  const radius = w * 1.4
  const half = Math.asin(w / 2 / radius)
  c.strokeStyle = hallColours.second
  c.lineWidth = 2
  c.beginPath()
  c.arc(x * camera.scale + camera.x, (y - radius) * camera.scale + camera.y, radius * camera.scale, Math.PI / 2 - half, Math.PI / 2 + half)
  c.stroke()
  c.fillStyle = hallColours.second
  c.font = `14px ${canvasFont}`
  c.textAlign = 'center'
  c.textBaseline = 'bottom'
  c.fillText(text, x * camera.scale + camera.x, y * camera.scale + camera.y - 8)
}

export function outline(c: Context, hall: Hall, camera: Camera, { x, y, w, h }: Section) {
  c.beginPath()
  const to = (at: number, down: number) => c.lineTo(at * camera.scale + camera.x, bend(hall, at, down) * camera.scale + camera.y)
  for (let i = 0; i <= roundSteps; i++) to(x + (w * i) / roundSteps, y)
  for (let i = roundSteps; i >= 0; i--) to(x + (w * i) / roundSteps, y + h)
  c.closePath()
}

/** A section from afar: how high it is filled is how much is left; hatched when nothing is. */
export function drawBlock(c: Context, hall: Hall, camera: Camera, section: Section, states: Uint8Array, words: Words['hall']) {
  const left = freeCount(states, section.first, section.last)
  const share = left / (section.last - section.first)
  const { fill } = lookOf(section.gradeIndex)
  const middle = section.x + section.w / 2
  const [x0, span] = [section.x * camera.scale + camera.x, section.w * camera.scale]
  const bow = (section.w / 2) ** 2 * hall.curve * camera.scale + 1
  const [top, height] = [bend(hall, middle, section.y) * camera.scale + camera.y, section.h * camera.scale]
  c.save()
  outline(c, hall, camera, section)
  c.fillStyle = '#24222B'
  c.fill()
  c.strokeStyle = share > 0 ? fill : hallColours.sold
  c.lineWidth = 1.5
  c.stroke()
  c.clip()
  if (share > 0) {
    c.globalAlpha *= 0.38
    c.fillStyle = fill
    c.fillRect(x0, top + (height + bow) * (1 - share) - bow * share, span, height + 2 * bow)
  } else hatch(c, x0, top - bow, span, height + 2 * bow)
  c.restore()
  nameBlock(c, section, words.left(left.toLocaleString()), middle * camera.scale + camera.x, top + height / 2, span, height)
}

function nameBlock(c: Context, { name }: Section, left: string, x: number, y: number, span: number, height: number) {
  const size = Math.min(18, span / 3.2, height / 2.6)
  if (size < 6) return
  c.textAlign = 'center'
  c.textBaseline = 'middle'
  c.fillStyle = hallColours.ink
  c.font = `700 ${size}px ${canvasFont}`
  c.fillText(name, x, y - size * 0.6, span - 4)
  c.font = `${Math.max(10, size * 0.85)}px ${canvasFont}`
  c.fillText(left, x, y + size * 0.7, span - 4)
}

function hatch(c: Context, x: number, y: number, w: number, h: number) {
  c.strokeStyle = hallColours.sold
  c.lineWidth = 1
  c.beginPath()
  for (let at = -h; at < w; at += hatchPx) {
    c.moveTo(x + at, y + h)
    c.lineTo(x + at + h, y)
  }
  c.stroke()
}

const overviewPx = 132
const insetPx = 12

/** Where the small overview stands, and its own camera. */
export function overviewOf({ box }: Hall, height: number) {
  const scale = Math.min(overviewPx / box.w, (overviewPx * 0.9) / box.h)
  const [w, h] = [box.w * scale + 12, box.h * scale + 12]
  const [x, y] = [insetPx, height - h - insetPx]
  return { x, y, w, h, camera: { scale, x: x + 6 - box.x * scale, y: y + 6 - box.y * scale } }
}

/** The whole hall in a corner, with what is on the screen framed. */
export function drawOverview(c: Context, hall: Hall, view: Camera, width: number, height: number) {
  const { x, y, w, h, camera } = overviewOf(hall, height)
  c.fillStyle = '#0D0C11'
  c.strokeStyle = hallColours.held
  c.lineWidth = 1
  c.beginPath()
  c.roundRect(x, y, w, h, 8)
  c.fill()
  c.stroke()
  c.save()
  c.clip()
  for (const section of hall.sections) {
    outline(c, hall, camera, section)
    c.fillStyle = lookOf(section.gradeIndex).fill
    c.globalAlpha = 0.6
    c.fill()
  }
  c.globalAlpha = 1
  c.strokeStyle = hallColours.ink
  c.lineWidth = 2
  const by = camera.scale / view.scale
  c.strokeRect(camera.x - view.x * by, camera.y - view.y * by, width * by, height * by)
  c.restore()
}
