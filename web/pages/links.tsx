import { type FormEvent, useEffect, useState } from 'react'
import { ask, type Problem, post } from '../client.ts'
import { useAct } from '../data.ts'
import { Field } from '../parts/field.tsx'
import { asProblem, Page } from '../parts/frame.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Link } from '../router.tsx'
import { forgetSession, mayBeSignedIn } from '../session.ts'
import { useWords } from '../words/index.ts'

const tokenOf = () => new URLSearchParams(location.search).get('token') ?? ''

/** Always the same answer: nobody learns here who has an account. */
export function ForgotPage() {
  const { sign } = useWords()
  const [email, setEmail] = useState('')
  const [sent, setSent] = useState(false)
  const { act, busy, problem } = useAct()
  if (sent) return <Page title={sign.sentTitle} key="sent"><p role="status">{sign.sentBody}</p></Page>
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void act(async () => {
      await ask('POST', '/api/users/password-resets', { anonymous: true, body: { email: email.trim() } })
      setSent(true)
    })
  }
  return (
    <Page title={sign.forgotTitle}>
      <form className="stack" onSubmit={submit}>
        <p>{sign.forgotLead}</p>
        <Field label={sign.email} name="email" type="email" inputMode="email" autoComplete="username" required value={email} onChange={setEmail} />
        <ProblemNotice problem={problem} />
        <button type="submit" className="button primary" disabled={busy}>{sign.send}</button>
      </form>
    </Page>
  )
}

export function ResetPage() {
  const { sign } = useWords()
  const [password, setPassword] = useState('')
  const [tried, setTried] = useState(false)
  const [done, setDone] = useState(false)
  const { act, busy, problem } = useAct()
  const wrong = password.length < 8 ? sign.badPassword : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (wrong) return
    void act(async () => {
      await ask('POST', '/api/users/password', { anonymous: true, body: { token: tokenOf(), password } })
      forgetSession()
      setDone(true)
    })
  }
  if (done) return <Page title={sign.resetDone} key="done"><p>{sign.resetDoneBody}</p><p><Link to="/sign-in" className="button primary">{sign.in}</Link></p></Page>
  return (
    <Page title={sign.resetTitle}>
      <form className="stack" onSubmit={submit} noValidate>
        <Field label={sign.newPassword} name="password" type="password" autoComplete="new-password" hint={sign.passwordHint} problem={tried ? wrong : undefined} value={password} onChange={setPassword} />
        <ProblemNotice problem={problem} actions={<Link to="/forgot" className="button small">{sign.newLink}</Link>} />
        <button type="submit" className="button primary" disabled={busy}>{sign.reset}</button>
      </form>
    </Page>
  )
}

// a link works once: drawing the page twice must not ask twice
const asked = new Map<string, Promise<unknown>>()

export function VerifyPage() {
  const { sign, problem: words } = useWords()
  const [state, setState] = useState<'asking' | 'done' | Problem>('asking')
  useEffect(() => {
    const token = tokenOf()
    const answer = asked.get(token) ?? ask('POST', '/api/users/verification', { anonymous: true, body: { token } })
    asked.set(token, answer)
    answer.then(() => setState('done'), (error) => setState(asProblem(error)))
  }, [])
  return (
    <Page title={sign.verifyTitle}>
      {state === 'asking' ? <p role="status">{sign.verifying}</p> : null}
      {state === 'done' ? <Notice tone="good" title={sign.verified} actions={<Link to="/" className="button small">{words.toHome}</Link>}>{sign.verifiedBody}</Notice> : null}
      {typeof state === 'object' ? <><ProblemNotice problem={state} />{mayBeSignedIn() ? <NewLink /> : <p><Link to="/sign-in?back=/account" className="button">{sign.in}</Link></p>}</> : null}
    </Page>
  )
}

function NewLink() {
  const { sign, account } = useWords()
  const [sent, setSent] = useState(false)
  const { act, busy, problem } = useAct()
  return (
    <div className="stack">
      <ProblemNotice problem={problem} />
      {sent ? <p role="status">{account.resent}</p> : <button type="button" className="button" disabled={busy} onClick={() => void act(() => post('/api/users/verification/resend').then(() => setSent(true)))}>{sign.newLink}</button>}
    </div>
  )
}
