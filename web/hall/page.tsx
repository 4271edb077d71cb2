import '../styles/hall.css'
import { useEffect, useMemo, useState } from 'react'
import type { Problem } from '../client.ts'
import { useNow, useRead } from '../data.ts'
import { Loaded, Own, Page, Skeleton } from '../parts/frame.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { asProblem } from '../parts/frame.tsx'
import { gradesOf } from '../parts/looks.ts'
import { Link } from '../router.tsx'
import type { Listed, MapPlan, WireHold, WireShow } from '../wire.ts'
import { useWords } from '../words/index.ts'
import { layOut } from './plan.ts'
import { followSeats, type Seats } from './source.ts'
import { Room } from './room.tsx'

export function HallPage({ id }: { id: string }) {
  const { hall } = useWords()
  return <Own title={hall.title}><HallOf id={id} /></Own>
}

function HallOf({ id }: { id: string }) {
  const { hall: words } = useWords()
  const show = useRead<WireShow>(`/api/shows/${id}`, { everyMs: 30_000 })
  const holds = useRead<Listed<WireHold>>(`/api/holds?showId=${id}`)
  const [plan, setPlan] = useState<MapPlan>()
  const [seats, setSeats] = useState<Seats>()
  const [problem, setProblem] = useState<Problem>()
  const now = useNow()
  useEffect(() => followSeats(id, { plan: setPlan, seats: (next) => { setSeats(next); setProblem(undefined) }, problem: (error) => setProblem(asProblem(error)) }), [id])
  const prices = show.data?.prices
  const gradeKey = prices ? gradesOf(prices).join('\n') : undefined
  const hall = useMemo(() => (plan && gradeKey !== undefined ? layOut(plan.seats, gradeKey.split('\n'), plan.shapes) : undefined), [plan, gradeKey])
  if (!show.data || !hall || !seats || !holds.data) {
    if (problem ?? show.problem ?? holds.problem) return <Page title={words.title}>{problem ? <ProblemNotice problem={problem} /> : show.problem ? <Loaded read={show}>{() => null}</Loaded> : <Loaded read={holds}>{() => null}</Loaded>}</Page>
    return <Page title={words.title} heading={null} width="full" bare><div className="hall"><header><Link to={show.data ? `/concerts/${show.data.concertId}` : '/'} className="back-link">← {show.data?.title ?? ''}</Link></header><Skeleton /></div></Page>
  }
  return (
    <Page title={words.title} heading={null} width="full" bare>
      <Room key={id} show={show.data} hall={hall} seats={seats} holds={holds.data.items} reload={holds.reload} staleMs={now - seats.heardAt} />
    </Page>
  )
}
