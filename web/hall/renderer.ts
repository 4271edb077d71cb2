import { lookOf } from '../parts/looks.ts'
import type { Words } from '../words/index.ts'
import { canvasFont, drawBlock, drawOverview, drawStage } from './blocks.ts'
import { type Camera, fit } from './camera.ts'
import { gradeAt, type Hall, type Section } from './plan.ts'
import { createSprites, drawSeat, hallColours, lamp, type Mark } from './sprites.ts'
import { toHall } from './stand.ts'

/** What one frame shows. `filter` are the grades that are lit; `ringed` are suggestions; `cursor` is the keyboard's seat. */
export type Scene = { states: Uint8Array; chosen: ReadonlySet<number>; mine: ReadonlySet<number>; lost: ReadonlySet<number>; ringed: ReadonlySet<number>; filter: ReadonlySet<number>; cursor: number | undefined; stale: boolean; moved?: Moved | undefined }
/** A section that somebody drags: it is drawn aside of where it stands, in units of the hall. */
export type Moved = { section: Section; dx: number; dy: number }
export type Screen = { width: number; height: number; ratio: number }
type Context = CanvasRenderingContext2D
type Bitmap = { canvas: OffscreenCanvas; x: number; y: number; states: Uint8Array }
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
    c.globalAlpha = scene.stale ? 0.45 : 1
    drawStage(c, hall, camera, words.stage)
    for (const section of hall.sections) drawSection(c, kept, asMoved(camera, section, scene.moved), section, scene, screen, words)
    c.globalAlpha = 1
    drawMarks(c, hall, camera, scene)
    if (showsOverview(hall, camera, screen)) drawOverview(c, hall, camera, screen.width, screen.height)
  }
}

function asMoved(camera: Camera, section: Section, moved: Moved | undefined): Camera {
  return moved?.section === section ? { ...camera, x: camera.x + moved.dx * camera.scale, y: camera.y + moved.dy * camera.scale } : camera
}

const dimmed = 0.22

function drawSection(c: Context, kept: Kept, camera: Camera, section: Section, scene: Scene, screen: Screen, words: Words['hall']) {
  if (!isOn(section, camera, screen)) return
  const lit = section.bands.filter(({ gradeIndex }) => scene.filter.size === 0 || scene.filter.has(gradeIndex)).length
  const near = camera.scale * screen.ratio > bitmapPx * 1.4
  c.globalAlpha = (scene.stale ? 0.45 : 1) * (lit > 0 ? 1 : dimmed)
  if (section.standing || camera.scale < blocksBelowPx) drawBlock(c, camera, section, scene.states, words)
  else if (near || (lit > 0 && lit < section.bands.length)) drawSeats(c, kept, camera, section, scene, screen)
  else pasteSection(c, kept, camera, section, scene.states)
}

function isOn({ around: { x, y, w, h } }: Section, { scale, x: dx, y: dy }: Camera, { width, height }: Screen) {
  return (x + w + 1) * scale + dx > 0 && (x - 1) * scale + dx < width && (y + h + 1) * scale + dy > 0 && (y - 1) * scale + dy < height
}

function pasteSection(c: Context, kept: Kept, camera: Camera, section: Section, states: Uint8Array) {
  const { canvas, x, y } = refreshed(kept, section, states)
  c.drawImage(canvas, x * camera.scale + camera.x, y * camera.scale + camera.y, (canvas.width / bitmapPx) * camera.scale, (canvas.height / bitmapPx) * camera.scale)
}

/** The picture of a section, upright like the hall, with the seats that changed since it was drawn. */
function refreshed({ hall, sprite, bitmaps }: Kept, section: Section, states: Uint8Array): Bitmap {
  let bitmap = bitmaps.get(section)
  if (!bitmap) {
    const { around: { x, y, w, h } } = section
    const canvas = new OffscreenCanvas(Math.ceil((w + 1) * bitmapPx), Math.ceil((h + 1) * bitmapPx))
    bitmap = { canvas, x: x - 0.5, y: y - 0.5, states: new Uint8Array(section.last - section.first).fill(unknownState) }
    bitmaps.set(section, bitmap)
  }
  const context = bitmap.canvas.getContext('2d')
  for (let i = section.first; context && i < section.last; i++) {
    const state = states[i] ?? 0
    const before = bitmap.states[i - section.first]
    if (before === state) continue
    bitmap.states[i - section.first] = state
    const x = Math.round(((hall.xs[i] ?? 0) - bitmap.x) * bitmapPx)
    const y = Math.round(((hall.ys[i] ?? 0) - bitmap.y) * bitmapPx)
    if (before !== unknownState) wipe(context, x, y)
    context.drawImage(sprite(state, gradeAt(hall, i), bitmapPx), x - bitmapPx / 2, y - bitmapPx / 2)
  }
  return bitmap
}

/** One seat of a picture, and nothing of its neighbours, which in a turned section reach into its square. */
function wipe(context: OffscreenCanvasRenderingContext2D, x: number, y: number) {
  context.globalCompositeOperation = 'destination-out'
  context.beginPath()
  context.arc(x, y, bitmapPx / 2, 0, Math.PI * 2)
  context.fill()
  context.globalCompositeOperation = 'source-over'
}

function drawSeats(c: Context, { hall, sprite }: Kept, camera: Camera, section: Section, scene: Scene, { width, height, ratio }: Screen) {
  const pitch = camera.scale
  const size = Math.round(pitch * ratio)
  const alpha = c.globalAlpha
  c.textAlign = 'center'
  c.textBaseline = 'middle'
  c.font = `700 ${Math.round(pitch * 0.36)}px ${canvasFont}`
  for (const row of section.rows) {
    c.globalAlpha = scene.filter.size === 0 || scene.filter.has(row.gradeIndex) ? alpha : Math.min(alpha, dimmed)
    for (let i = row.first; i < row.last; i++) {
      const [x, y] = [(hall.xs[i] ?? 0) * pitch + camera.x, (hall.ys[i] ?? 0) * pitch + camera.y]
      if (y < -pitch || y > height + pitch || x < -pitch || x > width + pitch) continue
      const state = scene.states[i] ?? 0
      c.drawImage(sprite(state, row.gradeIndex, size), x - pitch / 2, y - pitch / 2, pitch, pitch)
      if (pitch >= lettersFromPx && state === 0) label(c, hall, row.gradeIndex, i, x, y, pitch)
    }
    if (pitch < rowNamesFromPx) continue
    const [x, y] = toHall(section.stand, row.x - row.step, row.y)
    c.fillStyle = hallColours.second
    c.fillText(row.name, x * pitch + camera.x, y * pitch + camera.y)
  }
  c.globalAlpha = alpha
}

function label(c: Context, hall: Hall, gradeIndex: number, i: number, x: number, y: number, pitch: number) {
  const seat = hall.seats[i]
  const sign = seat?.attributes.includes('accessible') ? '♿' : seat?.attributes.includes('companion') ? 'C' : (seat?.number ?? '')
  c.fillStyle = hallColours.letter
  c.fillText(sign, x, y + (lookOf(gradeIndex).shape === 'triangle' ? 0.12 : 0.02) * pitch)
}

function drawMarks(c: Context, hall: Hall, camera: Camera, { chosen, mine, lost, ringed, cursor }: Scene) {
  const size = Math.max(camera.scale, 9)
  const mark = (i: number, kind: Mark) => {
    const section = hall.sections[hall.sectionOf[i] ?? 0]
    if (section && !section.standing) drawSeat(c, 0, gradeAt(hall, i), kind, (hall.xs[i] ?? 0) * camera.scale + camera.x, (hall.ys[i] ?? 0) * camera.scale + camera.y, size)
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
