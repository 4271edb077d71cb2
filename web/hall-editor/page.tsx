import { useEffect, useRef, useState } from 'react'
import { type Read, useRead } from '../data.ts'
import { when } from '../language.ts'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { Notice } from '../parts/notice.tsx'
import { Link } from '../router.tsx'
import type { WirePlan, WireShow } from '../wire.ts'
import { Editor } from './editor.tsx'
import { useHallEditorWords } from './spoken.ts'

const readEveryMs = 15_000

export function HallEditorPage({ id }: { id: string }) {
  const words = useHallEditorWords()
  return <Own title={words.title}><HallOfShow id={id} /></Own>
}

function HallOfShow({ id }: { id: string }) {
  const words = useHallEditorWords()
  const show = useRead<WireShow>(`/api/shows/${id}`, { everyMs: readEveryMs })
  const [round, setRound] = useState(0)
  // each round has an address of its own: the answer before is not taken for the new one
  const plan = useRead<WirePlan>(`/api/shows/${id}/plan?format=json#${round}`)
  const status = show.data?.status
  const known = useRef(status)
  useEffect(() => {
    // published, or a draft again: what is stored is looked at anew
    if (known.current && status && known.current !== status) setRound((n) => n + 1)
    known.current = status
  }, [status])
  const title = show.data ? words.of(show.data.title) : words.title
  const forbidden = plan.problem?.status === 403
  return (
    <Page title={title} width="hall-editor">
      <p className="way-back"><Link to={`/organiser/shows/${id}`}>← {words.back}</Link>{show.data ? <span className="note num">{when(show.data.startsAt, show.data.timeZone)}</span> : null}</p>
      {forbidden ? <Notice title={words.forOrganisers}>{words.notYours}</Notice> : <Loaded read={both(show, plan)}>{([ofShow, ofPlan]) => <Editor key={round} show={ofShow} plan={ofPlan} reload={() => setRound((n) => n + 1)} again={show.reload} />}</Loaded>}
    </Page>
  )
}

/** Two readings as one; what was read of a plan stays, an editor looks after the rest itself. */
function both(show: Read<WireShow>, plan: Read<WirePlan>): Read<[WireShow, WirePlan]> {
  const data: [WireShow, WirePlan] | undefined = show.data && plan.data ? [show.data, plan.data] : undefined
  const problem = data ? undefined : (show.problem ?? plan.problem)
  return { data, problem, set: () => undefined, reload: () => { show.reload(); plan.reload() } }
}
