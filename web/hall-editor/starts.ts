import type { Plan, PlanRow, PlanSection, SectionShape } from '../../src/concert/api.ts'

export type StartNames = { stalls: string; left: string; right: string; balcony: string; floor: string; hall: string }
const rows = (count: number, seats: number, change: (row: PlanRow, i: number) => Partial<PlanRow> = () => ({})): PlanRow[] =>
  Array.from({ length: count }, (_, i) => {
    const row = { name: String(i + 1), seats }
    return { ...row, ...change(row, i) }
  })
const seated = (name: string, grade: string, of: PlanRow[], shape: SectionShape): PlanSection => ({ name, kind: 'seated', grade, rows: of, shape })
const standing = (name: string, grade: string, capacity: number, shape: SectionShape): PlanSection => ({ name, kind: 'standing', grade, capacity, shape })

/** Halls to begin with: fewer clicks than an empty one. */
export const starts = {
  theatre: ({ stalls, left, right, balcony }: StartNames): Plan => ({
    sections: [
      seated(stalls, 'R', rows(12, 18, (_, i) => (i < 4 ? { grade: 'VIP' } : i === 11 ? { accessible: [1, 18], companion: [2, 17] } : {})), { x: 0, y: 11, curve: 24 }),
      seated(left, 'S', rows(10, 8), { x: -16.5, y: 8.5, angle: 24, curve: 10 }),
      seated(right, 'S', rows(10, 8), { x: 16.5, y: 8.5, angle: -24, curve: 10, mirrored: true }),
      seated(balcony, 'A', rows(6, 34), { x: 0, y: 27, curve: 40, rowPitch: 1.2 }),
    ],
  }),
  arena: ({ floor }: StartNames): Plan => ({
    sections: [
      standing(`${floor} A`, 'VIP', 400, { x: -12.5, y: 11, width: 22, depth: 14 }),
      standing(`${floor} B`, 'VIP', 400, { x: 12.5, y: 11, width: 22, depth: 14 }),
      seated('C', 'R', rows(10, 20), { x: -11, y: 26 }),
      seated('D', 'R', rows(10, 20), { x: 11, y: 26 }),
      seated('101', 'S', rows(10, 16), { x: -32, y: 10, angle: 90 }),
      seated('102', 'S', rows(10, 16), { x: -32, y: 28, angle: 90 }),
      seated('103', 'A', rows(10, 16), { x: -32, y: 47, angle: 45 }),
      seated('104', 'A', rows(10, 16), { x: -9, y: 44 }),
      seated('105', 'A', rows(10, 16), { x: 9, y: 44 }),
      seated('106', 'A', rows(10, 16), { x: 32, y: 47, angle: -45 }),
      seated('107', 'S', rows(10, 16), { x: 32, y: 28, angle: -90 }),
      seated('108', 'S', rows(10, 16), { x: 32, y: 10, angle: -90 }),
    ],
  }),
  rows: ({ hall }: StartNames): Plan => ({ sections: [seated(hall, 'R', rows(15, 20, (_, i) => (i < 5 ? {} : { grade: 'S' })), { x: 0, y: 12 })] }),
} as const
export type StartName = keyof typeof starts
export const startNames = Object.keys(starts) as StartName[]
