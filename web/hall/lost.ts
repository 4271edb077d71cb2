import { gradeAt, type Hall, nearest } from './plan.ts'
import { free } from './states.ts'

/** A lost race: which of the chosen seats went, and the nearest equal ones that would make the choice whole again. */
export type Lost = { taken: number[]; instead: number[]; rest: number[] }

/** Lone seats are replaced by the nearest of the same grade, row before distance; a whole party by what the server found. */
export function solveLoss(hall: Hall, states: Uint8Array, chosen: readonly number[], problem: { params: Record<string, unknown> }): Lost {
  const taken = idsOf(problem.params.taken).map((id) => id - 1).filter((i) => chosen.includes(i))
  const gone = taken.length > 0 ? taken : [...chosen]
  const rest = chosen.filter((i) => !gone.includes(i))
  if (rest.length === 0 && gone.length > 1) {
    const party = Array.isArray(problem.params.alternatives) ? idsOf(problem.params.alternatives[0]).map((id) => id - 1) : []
    if (party.length === gone.length) return { taken: gone, instead: party, rest }
  }
  const instead: number[] = []
  for (const i of gone) {
    const found = nearFree(hall, states, i, new Set([...chosen, ...instead]))
    if (found !== undefined) instead.push(found)
  }
  return { taken: gone, instead: instead.length === gone.length ? instead : [], rest }
}

function nearFree(hall: Hall, states: Uint8Array, i: number, not: ReadonlySet<number>): number | undefined {
  const grade = gradeAt(hall, i)
  const fits = (_dx: number, _dy: number, j: number) => states[j] === free && !not.has(j) && gradeAt(hall, j) === grade
  return nearest(hall, hall.xs[i] ?? 0, hall.ys[i] ?? 0, fits)
}

const idsOf = (value: unknown): number[] => (Array.isArray(value) ? value.filter((each): each is number => typeof each === 'number') : [])
