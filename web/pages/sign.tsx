import { type FormEvent, useState } from 'react'
import { ask, Problem } from '../client.ts'
import { useAct, useNow } from '../data.ts'
import { clock } from '../language.ts'
import { Field } from '../parts/field.tsx'
import { Page } from '../parts/frame.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Link, navigate } from '../router.tsx'
import { keepSession } from '../session.ts'
import { useWords } from '../words/index.ts'

type Session = Parameters<typeof keepSession>[0]

/** Only a path of this site: a link must not lead a fresh session elsewhere. */
function backPath() {
  const back = new URLSearchParams(location.search).get('back') ?? '/'
  const url = new URL(back, location.origin)
  return url.origin === location.origin && back.startsWith('/') ? url.pathname + url.search + url.hash : '/'
}
const withBack = (to: string) => to + location.search

const keeper = 'openrun.keeper'

/** What this tab keeps is one person's: it outlives a session that ended, but is not shown to somebody else. */
async function enter(email: string, password: string) {
  const session = await ask<Session>('POST', '/api/sessions', { anonymous: true, body: { email, password } })
  const known = sessionStorage.getItem(keeper)
  if (known !== null && known !== session.user.id) sessionStorage.clear()
  sessionStorage.setItem(keeper, session.user.id)
  keepSession(session)
  navigate(backPath(), { replace: true })
}

export function SignInPage() {
  const { sign } = useWords()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const { act, busy, problem } = useAct()
  const [waitUntil, setWaitUntil] = useState(0)
  const now = useNow()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void act(async () => {
      try {
        await enter(email.trim(), password)
      } catch (error) {
        if (error instanceof Problem && typeof error.params.retryAfterSeconds === 'number') setWaitUntil(now + error.params.retryAfterSeconds * 1_000)
        throw error
      }
    })
  }
  const returning = location.search.includes('back=')
  return (
    <Page title={sign.inTitle}>
      {returning ? <p className="note">{sign.back}</p> : null}
      <form className="stack" onSubmit={submit}>
        <Field label={sign.email} name="email" type="email" inputMode="email" autoComplete="username" required value={email} onChange={setEmail} />
        <Field label={sign.password} name="password" type="password" autoComplete="current-password" required value={password} onChange={setPassword} />
        <ProblemNotice problem={problem} />
        {waitUntil > now ? <p role="status" className="num">{sign.wait(clock(waitUntil - now))}</p> : null}
        <button type="submit" className="button primary" disabled={busy || waitUntil > now}>{sign.in}</button>
      </form>
      <div><p><Link to={withBack('/sign-up')} className="quiet">{sign.toUp}</Link></p><p><Link to="/forgot" className="quiet">{sign.forgot}</Link></p></div>
    </Page>
  )
}

export function SignUpPage() {
  const { sign } = useWords()
  const [values, setValues] = useState({ name: '', email: '', password: '' })
  const [tried, setTried] = useState(false)
  const { act, busy, problem } = useAct()
  const wrong = {
    name: values.name.trim() === '' ? sign.badName : undefined,
    email: /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(values.email.trim()) ? undefined : sign.badEmail,
    password: values.password.length < 8 ? sign.badPassword : undefined,
  }
  const shown = tried ? wrong : { name: undefined, email: undefined, password: undefined }
  const set = (name: keyof typeof values) => (value: string) => setValues((known) => ({ ...known, [name]: value }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (wrong.name ?? wrong.email ?? wrong.password) return
    void act(async (key) => {
      const email = values.email.trim()
      await ask('POST', '/api/users', { anonymous: true, key, body: { email, name: values.name.trim(), password: values.password } })
      await enter(email, values.password)
    })
  }
  return (
    <Page title={sign.upTitle}>
      {location.search.includes('back=') ? <p className="note">{sign.back}</p> : null}
      <form className="stack" onSubmit={submit} noValidate>
        <Field label={sign.name} name="name" autoComplete="name" hint={sign.nameHint} problem={shown.name} value={values.name} onChange={set('name')} />
        <Field label={sign.email} name="email" type="email" inputMode="email" autoComplete="email" problem={shown.email} value={values.email} onChange={set('email')} />
        <Field label={sign.password} name="password" type="password" autoComplete="new-password" hint={sign.passwordHint} problem={shown.password} value={values.password} onChange={set('password')} />
        <ProblemNotice problem={problem} />
        <button type="submit" className="button primary" disabled={busy}>{sign.up}</button>
      </form>
      <p><Link to={withBack('/sign-in')} className="quiet">{sign.toIn}</Link></p>
    </Page>
  )
}
