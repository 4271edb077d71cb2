import { type FormEvent, useEffect, useState } from 'react'
import { get, post } from '../client.ts'
import { sourceOf, useAct, useRead } from '../data.ts'
import { when, won } from '../language.ts'
import { Field } from '../parts/field.tsx'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import type { Listed, WireEntry, WireErrand, WireWallet } from '../wire.ts'
import { useWords } from '../words/index.ts'

const amounts = [50_000, 100_000, 300_000]
const amountMax = 10_000_000
const waitingEveryMs = 2_000

export function WalletPage() {
  const { wallet } = useWords()
  return <Own title={wallet.title}><Wallet /></Own>
}

function Wallet() {
  const { wallet: words } = useWords()
  const [waiting, setWaiting] = useState(false)
  const wallet = useRead<WireWallet>('/api/wallet', waiting ? { everyMs: waitingEveryMs } : {})
  const entries = useRead<Listed<WireEntry>>('/api/wallet/entries?limit=20')
  const pending = wallet.data?.pendingTopUps ?? []
  useEffect(() => setWaiting(pending.length > 0), [pending.length])
  const balance = wallet.data?.balance
  const reload = () => {
    wallet.reload()
    entries.reload()
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: another balance means another entry
  useEffect(entries.reload, [balance])
  return (
    <Page title={words.title}>
      <Loaded read={wallet}>{(data) => (
        <div className="stack">
          <div><p className="note">{words.balance}</p><p className="balance num">{won(data.balance)}</p></div>
          {data.pendingTopUps.map(({ id, amount }) => <Notice key={id} icon="wait" title={words.waiting}>{words.waitingBody(won(amount))}</Notice>)}
          <Money balance={data.balance} reload={reload} />
        </div>
      )}</Loaded>
      <section className="stack">
        <h2>{words.entries}</h2>
        <Loaded read={entries}>{(first) => <Entries first={first} key={first.items[0]?.id ?? 0} />}</Loaded>
      </section>
    </Page>
  )
}

function Money({ balance, reload }: { balance: number; reload: () => void }) {
  const { wallet: words } = useWords()
  const [text, setText] = useState('')
  const [said, setSaid] = useState<{ text: string; isDone: boolean }>()
  const [wrong, setWrong] = useState(false)
  const { act, busy, problem } = useAct()
  const amount = Number(text.replace(/[,\s]/g, ''))
  const run = (path: string, words: { done: (won: string) => string; waits: (won: string) => string }) => {
    setSaid(undefined)
    const sound = Number.isInteger(amount) && amount > 0 && amount <= amountMax
    setWrong(!sound)
    if (!sound) return
    void act(async (key) => {
      const errand = await post<WireErrand>(path, { amount, ...sourceOf() }, { key })
      const isDone = errand.status === 'done'
      const text = (isDone ? words.done : words.waits)(won(amount))
      // a top-up that waits stands above, with its amount
      setSaid(text === '' ? undefined : { text, isDone })
      setText('')
      reload()
    })
  }
  const add = (event: FormEvent) => {
    event.preventDefault()
    run('/api/wallet/top-ups', { done: words.added, waits: () => '' })
  }
  return (
    <form className="card stack" onSubmit={add} noValidate>
      <Field label={words.amount} name="amount" inputMode="numeric" autoComplete="off" value={text} onChange={setText} problem={wrong ? words.badAmount : undefined} />
      <div className="amounts">{amounts.map((each) => <button type="button" key={each} className="button small num" onClick={() => setText(String(each))}>{won(each)}</button>)}</div>
      <ProblemNotice problem={problem} />
      {said ? <Notice tone={said.isDone ? 'good' : 'plain'} {...(said.isDone ? {} : { icon: 'wait' as const })} title={said.text} /> : null}
      <div className="row">
        <button type="submit" className="button primary" disabled={busy}>{words.add}</button>
        <button type="button" className="button" disabled={busy || balance === 0} onClick={() => run('/api/wallet/withdrawals', { done: words.sent, waits: words.onItsWay })}>{words.withdraw}</button>
      </div>
    </form>
  )
}

function Entries({ first }: { first: Listed<WireEntry> }) {
  const { wallet: words, common } = useWords()
  const [more, setMore] = useState<Listed<WireEntry>>({ items: [], nextCursor: first.nextCursor })
  const { act, busy } = useAct()
  const items = [...first.items, ...more.items]
  const next = () => act(async () => {
    const page = await get<Listed<WireEntry>>(`/api/wallet/entries?limit=20&cursor=${more.nextCursor}`)
    setMore({ items: [...more.items, ...page.items], nextCursor: page.nextCursor })
  })
  if (items.length === 0) return <p className="note">{words.none}</p>
  return (
    <>
      <ul className="entries">{items.map(({ id, kind, amount, balance, at }) => (
        <li key={id}>
          <b>{words.kinds[kind] ?? kind}</b><b className="num">{amount > 0 ? '+' : '−'}{won(Math.abs(amount))}</b>
          <span className="note">{when(at)}</span><span className="note num">{words.after(won(balance))}</span>
        </li>
      ))}</ul>
      {more.nextCursor ? <button type="button" className="button" disabled={busy} onClick={() => void next()}>{common.more}</button> : null}
    </>
  )
}
