import { concertLimits } from '../../src/concert/limits.ts'
import { type Contradiction, contradictionsOf, totalsOf, unpricedGrades } from '../../src/concert/plan-rules.ts'
import type { Hall, Section } from '../hall/plan.ts'
import { toFlat, toHall } from '../hall/stand.ts'
import { type Draft, planOf, pricesOf } from './model.ts'

/** What stands in the way of saving (`stops`), or ought to be looked at. `key` names the section it is about. */
export type Finding = { stops: boolean; key?: string } & ({ what: 'contradiction'; wrong: Contradiction } | { what: 'overlap'; name: string; other: string } | { what: 'unpriced'; grade: string } | { what: 'no_sections' } | { what: 'too_many_sections'; max: number })
const overlapsMax = 5
const probes = 12

export function findingsOf(draft: Draft, hall: Hall | undefined): Finding[] {
  if (draft.sections.length === 0) return [{ stops: true, what: 'no_sections' }]
  const plan = planOf(draft)
  const keyOf = (section: number | undefined) => {
    const key = section === undefined ? undefined : draft.sections[section]?.key
    return key === undefined ? {} : { key }
  }
  const findings: Finding[] = contradictionsOf(plan).map((wrong) => ({ stops: true, what: 'contradiction', wrong, ...keyOf(wrong.section) }))
  if (draft.sections.length > concertLimits.sectionsMax) findings.push({ stops: true, what: 'too_many_sections', max: concertLimits.sectionsMax })
  for (const [first, second] of hall ? overlaps(hall) : []) findings.push({ stops: false, what: 'overlap', name: draft.sections[first]?.name ?? '', other: draft.sections[second]?.name ?? '', ...keyOf(first) })
  for (const grade of unpricedGrades(totalsOf(plan), pricesOf(draft))) findings.push({ stops: false, what: 'unpriced', grade })
  return findings
}

/** Pairs of sections that stand in each other's place. */
export function overlaps({ sections }: Pick<Hall, 'sections'>): [number, number][] {
  const pairs: [number, number][] = []
  for (const [a, one] of sections.entries())
    for (let b = a + 1; b < sections.length && pairs.length < overlapsMax; b++) {
      const other = sections[b] as Section
      if (mayTouch(one, other) && (reachesInto(one, other) || reachesInto(other, one))) pairs.push([a, b])
    }
  return pairs
}

const mayTouch = ({ around: a }: Section, { around: b }: Section) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

/** Whether a point of the first, of a grid over it, lies well within the other. */
function reachesInto(one: Section, other: Section): boolean {
  const slack = 0.3
  for (let i = 0; i <= probes; i++)
    for (let j = 0; j <= probes; j++) {
      const [x, y] = toFlat(other.stand, ...toHall(one.stand, one.x + (one.w * i) / probes, one.y + (one.h * j) / probes))
      if (x > other.x + slack && x < other.x + other.w - slack && y > other.y + slack && y < other.y + other.h - slack) return true
    }
  return false
}
