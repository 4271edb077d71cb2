import type { Box } from './plan.ts'

/** Pixels a unit, and where the hall's origin is on the screen. */
export type Camera = { scale: number; x: number; y: number }
export const seatPxMax = 56
const margin = 20

/** The scale at which everything is seen. */
export function fit(box: Box, width: number, height: number, top = 0): Camera {
  const scale = Math.min((width - 2 * margin) / box.w, (height - top - 2 * margin) / box.h, 34)
  return { scale, x: width / 2 - (box.x + box.w / 2) * scale, y: top + (height - top) / 2 - (box.y + box.h / 2) * scale }
}

export function zoomAt(camera: Camera, factor: number, px: number, py: number, least: number): Camera {
  const scale = Math.min(seatPxMax, Math.max(least, camera.scale * factor))
  const by = scale / camera.scale
  return { scale, x: px - (px - camera.x) * by, y: py - (py - camera.y) * by }
}

/** At least a third of the hall's box stays on the screen. */
export function keepInside(camera: Camera, box: Box, width: number, height: number): Camera {
  const keep = (at: number, from: number, size: number, room: number) => {
    const low = room * 0.35 - (from + size) * camera.scale
    const high = room * 0.65 - from * camera.scale
    return Math.min(high, Math.max(low, at))
  }
  return { scale: camera.scale, x: keep(camera.x, box.x, box.w, width), y: keep(camera.y, box.y, box.h, height) }
}

/** Another window: who saw the whole hall sees it still; who came nearer keeps the middle of what was looked at. */
export function resized(camera: Camera, before: Camera, after: Camera, { dx, dy }: { dx: number; dy: number }): Camera {
  const wasWhole = Math.abs(camera.scale - before.scale) < 1e-6 && Math.abs(camera.x - before.x) < 0.5 && Math.abs(camera.y - before.y) < 0.5
  return wasWhole ? after : { scale: camera.scale, x: camera.x + dx, y: camera.y + dy }
}

export const toHall = (camera: Camera, px: number, py: number): [x: number, y: number] => [(px - camera.x) / camera.scale, (py - camera.y) / camera.scale]

/** Moves as little as it takes to see a point well. */
export function reveal(camera: Camera, x: number, y: number, width: number, height: number): Camera {
  const edge = Math.min(90, width / 4)
  const [px, py] = [x * camera.scale + camera.x, y * camera.scale + camera.y]
  return { ...camera, x: camera.x + Math.max(0, edge - px) - Math.max(0, px - width + edge), y: camera.y + Math.max(0, edge - py) - Math.max(0, py - height + edge) }
}
