import '../styles/operations.css'
import '../styles/sales.css'
import { type FormEvent, useEffect, useState } from 'react'
import type { Buyer } from '../../src/gateway/buyers.ts'
import { get } from '../client.ts'
import { useAct, useRead } from '../data.ts'
import { Field } from '../parts/field.tsx'
import { Own, Page, Skeleton } from '../parts/frame.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { gradesOf } from '../parts/looks.ts'
import { Link, mayLeave } from '../router.tsx'
import type { WireShow } from '../wire.ts'
import { BuyerCard } from './buyer.tsx'
import { useSalesWords } from './sales-spoken.ts'

const queryMin = 3

export function BuyersPage({ id }: { id: string }) {
  const { buyers } = useSalesWords()
  return <Own title={buyers.title}><Buyers showId={id} /></Own>
}

function Buyers({ showId }: { showId: string }) {
  const words = useSalesWords()
  const show = useRead<WireShow>(`/api/shows/${showId}`)
  const [found, setFound] = useState<Buyer[]>()
  const { act, busy, problem } = useAct()
  const find = (query: string) => act(async () => {
    setFound(undefined)
    setFound((await get<{ items: Buyer[] }>(`/api/shows/${showId}/buyers?query=${encodeURIComponent(query)}`)).items)
  })
  const replace = (buyer: Buyer) => setFound((known) => known?.map((each) => (each.userId === buyer.userId ? buyer : each)))
  return (
    <Page title={show.data ? words.buyers.of(show.data.title) : words.buyers.title} width="war">
      <p><Link to={`/organiser/shows/${showId}/sales`} className="quiet">{words.toSales}</Link></p>
      <Search onQuery={(query) => void find(query)} busy={busy} />
      {problem?.code === 'role_required' ? <Notice title={words.forOrganisers} /> : <ProblemNotice problem={problem} />}
      {busy ? <Skeleton /> : null}
      {found ? <Found items={found} showId={showId} grades={gradesOf(show.data?.prices ?? [])} onChange={replace} /> : null}
    </Page>
  )
}

/** A link may name a reservation; an address stands in no link and in no history. */
function Search({ onQuery, busy }: { onQuery: (query: string) => void; busy: boolean }) {
  const { buyers: words } = useSalesWords()
  const linked = new URLSearchParams(location.search).get('query') ?? ''
  const [query, setQuery] = useState(linked)
  const [short, setShort] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, for the link that led here
  useEffect(() => {
    if (linked.length >= queryMin) onQuery(linked)
  }, [])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const wanted = query.trim()
    setShort(wanted.length < queryMin)
    // what is found replaces what is shown, a note that is being written too
    if (wanted.length >= queryMin && mayLeave()) onQuery(wanted)
  }
  return (
    <form className="stack find-buyer" onSubmit={submit} noValidate>
      <Field label={words.query} name="query" value={query} onChange={setQuery} hint={words.lead} problem={short ? words.short : undefined} autoComplete="off" />
      <p><button type="submit" className="button primary" disabled={busy}>{words.search}</button></p>
    </form>
  )
}

function Found({ items, onChange, ...shown }: { items: Buyer[]; showId: string; grades: string[]; onChange: (buyer: Buyer) => void }) {
  const { buyers: words } = useSalesWords()
  if (items.length === 0) return <Notice title={words.none}>{words.noneBody}</Notice>
  return (
    <>
      <p role="status">{words.found(items.length)} <span className="note">{words.masked}</span></p>
      {items.map((buyer) => <BuyerCard key={buyer.userId} buyer={buyer} onChange={onChange} {...shown} />)}
    </>
  )
}
