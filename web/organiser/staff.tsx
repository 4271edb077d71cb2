import { type FormEvent, useState } from 'react'
import { ask } from '../client.ts'
import { useAct, useRead } from '../data.ts'
import { Field } from '../parts/field.tsx'
import { Loaded } from '../parts/frame.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { useOrganiserWords } from './spoken.ts'

type Staff = { items: { userId: string; email: string; addedAt: string }[] }

/** Who helps at the door of a concert, named by address. */
export function StaffSection({ concertId }: { concertId: string }) {
  const { staff: words } = useOrganiserWords()
  const path = `/api/concerts/${concertId}/staff`
  const read = useRead<Staff>(path)
  const [email, setEmail] = useState('')
  const [done, setDone] = useState<string>()
  const [tried, setTried] = useState(false)
  const { act, busy, problem } = useAct()
  const isAddress = /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim())
  const change = (method: 'PUT' | 'DELETE', address: string, said: string) => act(async () => {
    setDone(undefined)
    read.set(await ask<Staff>(method, path, { body: { email: address } }))
    setDone(said)
    if (method === 'DELETE') return
    setEmail('')
    setTried(false)
  })
  const add = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (isAddress) void change('PUT', email.trim(), words.added(email.trim()))
  }
  return (
    <section className="part" aria-labelledby="staff">
      <h2 id="staff">{words.title}</h2>
      <p className="note">{words.lead}</p>
      <Loaded read={read}>{({ items }) => items.length === 0 ? <p>{words.none}</p> : (
        <ul className="staff">{items.map((each) => <li key={each.userId} className="row between"><span>{each.email}</span><button type="button" className="quiet" disabled={busy} onClick={() => void change('DELETE', each.email, words.removed(each.email))}>{words.remove(each.email)}</button></li>)}</ul>
      )}</Loaded>
      {done ? <Notice tone="good" title={done} /> : null}
      <form className="stack" onSubmit={add} noValidate>
        <Field label={words.email} name="email" type="email" inputMode="email" autoComplete="off" maxLength={254} hint={words.emailHint} value={email} problem={tried && !isAddress ? words.badEmail : undefined} onChange={setEmail} />
        <ProblemNotice problem={problem} />
        <p><button type="submit" className="button" disabled={busy}>{words.add}</button></p>
      </form>
    </section>
  )
}
