import { lookOf } from '../parts/looks.ts'
import type { Words } from '../words/index.ts'
import { canvasFont, drawBlock, drawOverview, drawStage } from './blocks.ts'
import { type Camera, fit } from './camera.ts'
import { bend, type Hall, type Section } from './plan.ts'
import { createSprites, drawSeat, hallColours, lamp, type Mark } from './sprites.ts'

/** What one frame shows. `filter` are the grades that are lit; `ringed` are suggestions; `cursor` is the keyboard's seat. */
export type Scene = { states: Uint8Array; chosen: ReadonlySet<number>; mine: ReadonlySet<number>; lost: ReadonlySet<number>; ringed: ReadonlySet<number>; filter: ReadonlySet<number>; cursor: number | undefined; stale: boolean }
export type Screen = { width: number; height: number; ratio: number }
type Context = CanvasRenderingContext2D
type Bitmap = { canvas: OffscreenCanvas; top: number; states: Uint8Array }
type Kept = { hall: Hall; sprite: ReturnType<typeof createSprites>; bitmaps: Map<Section, Bitmap> }

const blocksBelowPx = 5
const lettersFromPx = 20
const rowNamesFromPx = 14
const bitmapPx = 10
const unknownState = 255
export const showsOverview = (hall: Hall, camera: Camera, { width, height }: Pick<Screen, 'width' | 'height'>) => camera.scale > fit(hall.box, width, height).scale * 1.6

/**
 * Draws a hall of any size: sections as blocks from afar, pasted pictures of whole sections in between, single seats
 * near. The pictures are kept and only seats that changed are drawn anew, so a frame costs what is on the screen.
 */
export function createRenderer(hall: Hall, words: Words['hall']) {
  const kept: Kept = { hall, sprite: createSprites(), bitmaps: new Map() }
  return (c: Context, camera: Camera, scene: Scene, screen: Screen) => {
    c.setTransform(screen.ratio, 0, 0, screen.ratio, 0, 0)
    c.globalAlpha = 1
    c.fillStyle = hallColours.ground
    c.fillRect(0, 0, screen.width, screen.height)
    const seen = scene.stale ? 0.45 : 1
    c.globalAlpha = seen
    drawStage(c, hall, camera, words.stage)
    for (const section of hall.sections) {
      if (!isOn(hall, section, camera, screen)) continue
      const dim = scene.filter.size > 0 && !scene.filter.has(section.gradeIndex)
      c.globalAlpha = dim ? seen * 0.22 : seen
      if (section.standing || camera.scale < blocksBelowPx) drawBlock(c, hall, camera, section, scene.states, words)
      else if (camera.scale * screen.ratio <= bitmapPx * 1.4) pasteSection(c, kept, camera, section, scene.states)
      else drawSeats(c, kept, camera, section, scene, screen)
    }
    c.globalAlpha = 1
    drawMarks(c, hall, camera, scene)
    if (showsOverview(hall, camera, screen)) drawOverview(c, hall, camera, screen.width, screen.height)
  }
}

function isOn({ middle, curve }: Hall, { x, y, w, h }: Section, { scale, x: dx, y: dy }: Camera, { width, height }: Screen) {
  const lift = Math.max((x - middle) ** 2, (x + w - middle) ** 2) * curve
  return (x + w) * scale + dx > 0 && x * scale + dx < width && (y + h + 1) * scale + dy > 0 && (y - lift - 1) * scale + dy < height
}

function pasteSection(c: Context, kept: Kept, camera: Camera, section: Section, states: Uint8Array) {
  const { canvas, top } = refreshed(kept, section, states)
  c.drawImage(canvas, section.x * camera.scale + camera.x, top * camera.scale + camera.y, (canvas.width / bitmapPx) * camera.scale, (canvas.height / bitmapPx) * camera.scale)
}

/** The picture of a section, with the seats that changed since it was drawn. */
function refreshed({ hall, sprite, bitmaps }: Kept, section: Section, states: Uint8Array): Bitmap {
  let bitmap = bitmaps.get(section)
  if (!bitmap) {
    const top = Math.min(bend(hall, section.x, section.y), bend(hall, section.x + section.w, section.y)) - 0.5
    const canvas = new OffscreenCanvas(Math.ceil(section.w * bitmapPx), Math.ceil((section.y + section.h + 0.5 - top) * bitmapPx))
    bitmap = { canvas, top, states: new Uint8Array(section.last - section.first).fill(unknownState) }
    bitmaps.set(section, bitmap)
  }
  const context = bitmap.canvas.getContext('2d')
  for (let i = section.first; context && i < section.last; i++) {
    const state = states[i] ?? 0
    if (bitmap.states[i - section.first] === state) continue
    bitmap.states[i - section.first] = state
    const x = Math.round(((hall.xs[i] ?? 0) - section.x - 0.5) * bitmapPx)
    const y = Math.round(((hall.ys[i] ?? 0) - bitmap.top - 0.5) * bitmapPx)
    context.clearRect(x, y, bitmapPx, bitmapPx)
    context.drawImage(sprite(state, section.gradeIndex, bitmapPx), x, y)
  }
  return bitmap
}

function drawSeats(c: Context, { hall, sprite }: Kept, camera: Camera, section: Section, scene: Scene, { width, height, ratio }: Screen) {
  const pitch = camera.scale
  const size = Math.round(pitch * ratio)
  c.textAlign = 'center'
  c.textBaseline = 'middle'
  c.font = `700 ${Math.round(pitch * 0.36)}px ${canvasFont}`
  for (const row of section.rows) {
    const from = Math.max(row.first, row.first + Math.floor((-camera.x - pitch) / pitch - row.x))
    const to = Math.min(row.last, row.first + Math.ceil((width - camera.x + pitch) / pitch - row.x))
    for (let i = from; i < to; i++) {
      const [x, y] = [(hall.xs[i] ?? 0) * pitch + camera.x, (hall.ys[i] ?? 0) * pitch + camera.y]
      if (y < -pitch || y > height + pitch) continue
      const state = scene.states[i] ?? 0
      c.drawImage(sprite(state, section.gradeIndex, size), x - pitch / 2, y - pitch / 2, pitch, pitch)
      if (pitch >= lettersFromPx && state === 0) label(c, hall, section, i, x, y, pitch)
    }
    if (pitch < rowNamesFromPx) continue
    c.fillStyle = hallColours.second
    c.fillText(row.name, (row.x - 1) * pitch + camera.x, bend(hall, row.x - 1, row.y) * pitch + camera.y)
  }
}

function label(c: Context, hall: Hall, section: Section, i: number, x: number, y: number, pitch: number) {
  const seat = hall.seats[i]
  const sign = seat?.attributes.includes('accessible') ? '♿' : seat?.attributes.includes('companion') ? 'C' : (seat?.number ?? '')
  c.fillStyle = hallColours.letter
  c.fillText(sign, x, y + (lookOf(section.gradeIndex).shape === 'triangle' ? 0.12 : 0.02) * pitch)
}

function drawMarks(c: Context, hall: Hall, camera: Camera, { chosen, mine, lost, ringed, cursor }: Scene) {
  const size = Math.max(camera.scale, 9)
  const mark = (i: number, kind: Mark) => {
    const section = hall.sections[hall.sectionOf[i] ?? 0]
    if (section && !section.standing) drawSeat(c, 0, section.gradeIndex, kind, (hall.xs[i] ?? 0) * camera.scale + camera.x, (hall.ys[i] ?? 0) * camera.scale + camera.y, size)
  }
  for (const i of mine) if (!chosen.has(i)) mark(i, 'mine')
  for (const i of chosen) mark(i, 'chosen')
  for (const i of lost) mark(i, 'lost')
  for (const i of ringed) ring(c, hall, camera, i, size * 0.55, lamp, 3)
  if (cursor === undefined) return
  ring(c, hall, camera, cursor, size * 0.62, hallColours.ink, 3)
  ring(c, hall, camera, cursor, size * 0.62 - 2.5, hallColours.ground, 2)
}

function ring(c: Context, hall: Hall, camera: Camera, i: number, r: number, colour: string, width: number) {
  c.strokeStyle = colour
  c.lineWidth = width
  c.beginPath()
  c.arc((hall.xs[i] ?? 0) * camera.scale + camera.x, (hall.ys[i] ?? 0) * camera.scale + camera.y, r, 0, Math.PI * 2)
  c.stroke()
}
