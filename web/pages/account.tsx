import { type FormEvent, useState } from 'react'
import { ask, get, post } from '../client.ts'
import { useAct, useRead } from '../data.ts'
import { Confirm } from '../parts/dialog.tsx'
import { Field } from '../parts/field.tsx'
import { saveFile } from '../parts/files.ts'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Link, navigate } from '../router.tsx'
import { forgetSession } from '../session.ts'
import type { Listed, Me, WireReservation } from '../wire.ts'
import { useWords } from '../words/index.ts'

export function AccountPage() {
  const { account } = useWords()
  return <Own title={account.title}><Account /></Own>
}

function Account() {
  const { account, common } = useWords()
  const read = useRead<Me>('/api/me')
  const { act, busy, problem } = useAct()
  const signOut = () => act(async () => {
    await ask('DELETE', '/api/sessions/current')
    forgetSession()
    navigate('/', { replace: true })
  })
  return (
    <Page title={account.title}>
      <Loaded read={read}>{(me) => (
        <section className="card stack">
          <div><p className="sum">{me.name}</p><p>{me.email}</p></div>
          {me.verified ? <p><span className="tag good">{account.verified}</span></p> : <Unverified />}
          <ProblemNotice problem={problem} />
          <p><button type="button" className="button small" disabled={busy} onClick={() => void signOut()}>{common.signOut}</button></p>
        </section>
      )}</Loaded>
      <Password />
      <section className="stack"><h2>{account.data}</h2><Export /></section>
      <Erase />
    </Page>
  )
}

function Unverified() {
  const { account } = useWords()
  const [sent, setSent] = useState(false)
  const { act, busy, problem } = useAct()
  const again = <button type="button" className="button small" disabled={busy} onClick={() => void act(() => post('/api/users/verification/resend').then(() => setSent(true)))}>{account.resend}</button>
  return <><Notice title={account.unverified} actions={sent ? undefined : again}>{sent ? account.resent : account.unverifiedBody}</Notice><ProblemNotice problem={problem} /></>
}

function Password() {
  const { account, sign } = useWords()
  const [old, setOld] = useState('')
  const [fresh, setFresh] = useState('')
  const [tried, setTried] = useState(false)
  const [done, setDone] = useState(false)
  const { act, busy, problem } = useAct()
  const wrong = fresh.length < 8 ? sign.badPassword : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    setDone(false)
    if (wrong) return
    void act(async () => {
      await ask('PUT', '/api/me/password', { body: { password: old, newPassword: fresh } })
      setOld('')
      setFresh('')
      setTried(false)
      setDone(true)
    })
  }
  return (
    <section className="stack">
      <h2>{account.passwordTitle}</h2>
      <form className="stack" onSubmit={submit} noValidate>
        <Field label={account.oldPassword} name="old" type="password" autoComplete="current-password" value={old} onChange={setOld} />
        <Field label={sign.newPassword} name="new" type="password" autoComplete="new-password" hint={sign.passwordHint} problem={tried ? wrong : undefined} value={fresh} onChange={setFresh} />
        <ProblemNotice problem={problem} />
        {done ? <Notice tone="good" title={account.changed} /> : null}
        <button type="submit" className="button" disabled={busy}>{account.change}</button>
      </form>
    </section>
  )
}

function Export() {
  const { account } = useWords()
  const { act, busy, problem } = useAct()
  const save = () => act(async () => saveFile(new Blob([JSON.stringify(await get('/api/me/export'), null, 2)], { type: 'application/json' }), 'openrun-me.json'))
  return <><p className="note">{account.exportBody}</p><ProblemNotice problem={problem} /><p><button type="button" className="button small" disabled={busy} onClick={() => void save()}>{account.export}</button></p></>
}

function Erase() {
  const { account, sign, common } = useWords()
  const reservations = useRead<Listed<WireReservation>>('/api/reservations?limit=100')
  const open = reservations.data?.items.filter(({ status }) => status === 'confirmed') ?? []
  const [asked, setAsked] = useState(false)
  const [password, setPassword] = useState('')
  const { act, problem } = useAct()
  const erase = () => act(async () => {
    setAsked(false)
    await ask('DELETE', '/api/me', { body: { password, payOut: true } })
    forgetSession()
    navigate('/', { replace: true })
  })
  return (
    <section className="stack">
      <h2>{account.erase}</h2>
      <p className="note">{account.eraseBody}</p>
      {open.length > 0 ? <Notice title={account.eraseOpen(open.length)} actions={<Link to="/reservations" className="button small">{common.reservations}</Link>}>{account.eraseOpenBody}</Notice> : null}
      <ProblemNotice problem={problem} />
      <p><button type="button" className="button small stop" onClick={() => setAsked(true)}>{account.erase}</button></p>
      {asked ? <Confirm title={account.eraseSure} yes={account.eraseYes} stop onYes={() => void erase()} onNo={() => setAsked(false)}><div className="stack"><p>{account.eraseBody}</p><Field label={sign.password} name="password" type="password" autoComplete="current-password" value={password} onChange={setPassword} /></div></Confirm> : null}
    </section>
  )
}
