import { useNow } from '../data.ts'
import { timeOf } from '../language.ts'
import { Page } from '../parts/frame.tsx'
import { Link } from '../router.tsx'
import { useWords } from '../words/index.ts'

const unknownMs = 8_000
const steps = [1, 2, 3, 4, 5]

/** Nothing to do but wait; after a while it says that nobody knows yet, and never that it failed. */
export function Progress({ since, until, reservationId }: { since: number; until: string | null; reservationId: string }) {
  const { checkout: words } = useWords()
  useNow()
  const waited = Date.now() - since
  const unknown = since > 0 && waited >= unknownMs
  const lit = Math.floor(waited / 1_000) + 1
  return (
    <Page title={unknown ? words.unknown : words.paying} key={unknown ? 'unknown' : 'paying'}>
      <div className="working" role="status">
        <span className="dots" aria-hidden="true">{steps.map((step) => <i key={step} className={since === 0 || step <= lit ? 'on' : ''} />)}</span>
        <p>{unknown ? words.unknownBody : words.payingBody}</p>
        {until ? <p className="num">{words.until2(timeOf(until))}</p> : null}
        {unknown || since === 0 ? <Link to={`/reservations/${reservationId}`} className="button">{words.see}</Link> : null}
      </div>
    </Page>
  )
}
