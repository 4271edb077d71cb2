import { type ReactNode, useContext, useEffect, useRef } from 'react'
import { Problem } from '../client.ts'
import { type Read, usePerson, useSignedIn } from '../data.ts'
import { Link, useTitle } from '../router.tsx'
import { LanguageContext, useWords } from '../words/index.ts'
import { Mark } from './icon.tsx'
import { ProblemNotice } from './notice.tsx'

/** What stands on every page: the way around, one heading that takes the focus, the content. */
export function Page({ title, heading, width, children, barred, bare }: { title: string; heading?: ReactNode; width?: string; children: ReactNode; barred?: boolean; bare?: boolean }) {
  const words = useWords()
  useTitle(title)
  const top = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (moved) top.current?.focus({ preventScroll: true })
    moved = true
  }, [])
  return (
    <>
      <a className="hush" href="#main">{words.common.skip}</a>
      {bare ? null : <Top />}
      <main id="main" className={`${width ?? ''} ${barred ? 'barred' : ''}`}>
        <div className={width === 'full' ? '' : 'stack roomy'}>
          {heading === null ? <h1 ref={top} tabIndex={-1} className="hush">{title}</h1> : <h1 ref={top} tabIndex={-1}>{heading ?? title}</h1>}
          {children}
        </div>
      </main>
    </>
  )
}
let moved = false

function Top() {
  const { common } = useWords()
  const language = useContext(LanguageContext)
  const person = usePerson()
  const known = useSignedIn()
  const at = location.pathname
  return (
    <header className="top">
      <Link to="/" className="brand"><Mark />{language === 'ko' ? '오픈런' : 'Openrun'}</Link>
      <nav className="row" aria-label={common.menu}>
        {known ? (
          <>
            {person?.role === 'organiser' || person?.role === 'operator' ? <Link to="/organiser" current={at.startsWith('/organiser')}>{common.organiser}</Link> : null}
            <Link to="/reservations" current={at.startsWith('/reservations')}>{common.reservations}</Link>
            <Link to="/wallet" current={at === '/wallet'}>{common.wallet}</Link>
            <Link to="/account" current={at === '/account'}>{common.account}</Link>
          </>
        ) : <Link to="/sign-in" current={at === '/sign-in'}>{common.signIn}</Link>}
      </nav>
      <button type="button" className="quiet" lang={language === 'ko' ? 'en' : 'ko'} data-language>{common.otherLanguage}</button>
    </header>
  )
}

export function Skeleton() {
  const { common } = useWords()
  return <div className="skeleton" role="status"><span className="hush">{common.loading}</span><i /><i /><i /></div>
}

/** What was read, or its shape while it comes, or why it does not; old data stays, with its problem above it. */
export function Loaded<T>({ read, children }: { read: Read<T>; children: (data: T) => ReactNode }) {
  const { common } = useWords()
  if (read.data === undefined && !read.problem) return <Skeleton />
  const again = <button type="button" className="button small" onClick={read.reload}>{common.again}</button>
  return <>{read.problem ? <ProblemNotice problem={read.problem} actions={again} /> : null}{read.data === undefined ? null : children(read.data)}</>
}

/** Pages of one person; a stranger is asked to sign in and comes back. */
export function Own({ title, children }: { title: string; children: ReactNode }) {
  const { sign } = useWords()
  if (useSignedIn()) return children
  const back = encodeURIComponent(location.pathname + location.search)
  return (
    <Page title={title}>
      <p>{sign.neededBody}</p>
      <p><Link to={`/sign-in?back=${back}`} className="button primary">{sign.in}</Link></p>
    </Page>
  )
}

export const asProblem = (error: unknown) => (error instanceof Problem ? error : new Problem(0, { code: 'internal_error', title: String(error) }))
