import type { SectionShape } from '../../src/concert/api.ts'

/** From a section's flat rows to where they stand: bent around a point `radius` in front of them, turned, moved. */
export type Stand = { middle: number; radius: number; cos: number; sin: number; dx: number; dy: number }
export type Box = { x: number; y: number; w: number; h: number }
type Point = [x: number, y: number]

const degree = Math.PI / 180
/** A straight section that is not turned. */
export const straight = (middle: number, dx: number, dy: number, radius = Number.POSITIVE_INFINITY): Stand => ({ middle, radius, cos: 1, sin: 0, dx, dy })

/** How a flat box around 0, `w` wide, stands by its shape. */
export function standOf({ x, y, angle = 0, curve = 0 }: SectionShape, w: number): Stand {
  return { middle: 0, radius: curve === 0 ? Number.POSITIVE_INFINITY : w / (curve * degree), cos: Math.cos(angle * degree), sin: Math.sin(angle * degree), dx: x, dy: y }
}

export function toHall({ middle, radius, cos, sin, dx, dy }: Stand, flatX: number, flatY: number): Point {
  let [x, y] = [flatX - middle, flatY]
  if (Number.isFinite(radius)) {
    // a row as far from the front as the bend is tight has no length: next to none, and a place all the same
    const r = radius + y || 1e-6
    const turn = x / r
    x = r * Math.sin(turn)
    y = r * Math.cos(turn) - radius
  }
  return [x * cos - y * sin + dx, x * sin + y * cos + dy]
}

export function toFlat({ middle, radius, cos, sin, dx, dy }: Stand, hallX: number, hallY: number): Point {
  let [x, y] = [(hallX - dx) * cos + (hallY - dy) * sin, (hallY - dy) * cos - (hallX - dx) * sin]
  if (Number.isFinite(radius)) {
    const side = Math.sign(radius)
    const r = side * Math.hypot(x, y + radius)
    x = Math.atan2(x * side, (y + radius) * side) * r
    y = r - radius
  }
  return [x + middle, y]
}

const roundSteps = 12

/** The edge of a flat box, or of a band of it, as it stands. */
export function edgeOf(stand: Stand, { x, y, w, h }: Box): Point[] {
  const steps = Number.isFinite(stand.radius) ? roundSteps : 1
  const across = (at: number) => Array.from({ length: steps + 1 }, (_, i) => toHall(stand, x + (w * i) / steps, at))
  return [...across(y), ...across(y + h).reverse()]
}

export function boxAround(points: readonly Point[]): Box {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  return { x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y }
}
