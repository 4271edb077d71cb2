import { lookOf } from '../parts/looks.ts'
import type { Words } from '../words/index.ts'
import type { Camera } from './camera.ts'
import type { Band, Hall, Section } from './plan.ts'
import { type Box, edgeOf, toHall } from './stand.ts'
import { hallColours } from './sprites.ts'
import { freeCount } from './states.ts'

type Context = CanvasRenderingContext2D
export const canvasFont = 'system-ui, "Noto Sans KR", "Noto Sans CJK KR", sans-serif'
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

/** The path around a section, or around a part of its flat box. */
export function outline(c: Context, camera: Camera, { stand }: Section, part: Box) {
  c.beginPath()
  for (const [x, y] of edgeOf(stand, part)) c.lineTo(x * camera.scale + camera.x, y * camera.scale + camera.y)
  c.closePath()
}

/** A section from afar: how high each grade's rows are filled is how much is left of them; hatched when nothing is. */
export function drawBlock(c: Context, camera: Camera, section: Section, states: Uint8Array, words: Words['hall']) {
  const left = section.bands.map(({ first, last }) => freeCount(states, first, last))
  const total = left.reduce((sum, each) => sum + each, 0)
  outline(c, camera, section, section)
  c.fillStyle = '#24222B'
  c.fill()
  for (const [i, band] of section.bands.entries()) fillBand(c, camera, section, band, (left[i] ?? 0) / (band.last - band.first))
  outline(c, camera, section, section)
  c.strokeStyle = total > 0 ? lookOf(section.gradeIndex).fill : hallColours.sold
  c.lineWidth = 1.5
  c.stroke()
  const [x, y] = toHall(section.stand, section.x + section.w / 2, section.y + section.h / 2)
  const [span, height] = nameRoom(section)
  nameBlock(c, section, words.left(total.toLocaleString()), x * camera.scale + camera.x, y * camera.scale + camera.y, span * camera.scale, height * camera.scale)
}

function fillBand(c: Context, camera: Camera, section: Section, { y, h, gradeIndex }: Band, share: number) {
  const { x, w } = section
  const alpha = c.globalAlpha
  if (share > 0) {
    outline(c, camera, section, { x, y: y + h * (1 - share), w, h: h * share })
    c.globalAlpha = alpha * 0.38
    c.fillStyle = lookOf(gradeIndex).fill
    c.fill()
    c.globalAlpha = alpha
    return
  }
  const { around } = section
  c.save()
  outline(c, camera, section, { x, y, w, h })
  c.clip()
  hatch(c, around.x * camera.scale + camera.x, around.y * camera.scale + camera.y, around.w * camera.scale, around.h * camera.scale)
  c.restore()
}

/** Names are written upright: what is turned on its side has only its depth for them. */
function nameRoom({ w, h, stand: { cos, sin } }: Section): [span: number, height: number] {
  const [along, across] = [Math.abs(cos), Math.abs(sin)]
  return [Math.min(w / Math.max(along, 0.01), h / Math.max(across, 0.01)), Math.min(h / Math.max(along, 0.01), w / Math.max(across, 0.01))]
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
    outline(c, camera, section, section)
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
