import './styles/tokens.css'
import './styles/base.css'
import './styles/parts.css'
import './styles/pages.css'
import { Component, lazy, type ReactNode, StrictMode, Suspense, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { chooseLanguage, type Language, language } from './language.ts'
import { ConcertPage } from './pages/concert.tsx'
import { HomePage } from './pages/home.tsx'
import { Page, Skeleton } from './parts/frame.tsx'
import { Notice } from './parts/notice.tsx'
import { Link, usePath } from './router.tsx'
import { LanguageContext, useWords } from './words/index.ts'

const AccountPage = lazy(() => import('./pages/account.tsx').then((m) => ({ default: m.AccountPage })))
const WalletPage = lazy(() => import('./pages/wallet.tsx').then((m) => ({ default: m.WalletPage })))
const sign = () => import('./pages/sign.tsx')
const SignInPage = lazy(() => sign().then((m) => ({ default: m.SignInPage })))
const SignUpPage = lazy(() => sign().then((m) => ({ default: m.SignUpPage })))
const links = () => import('./pages/links.tsx')
const ForgotPage = lazy(() => links().then((m) => ({ default: m.ForgotPage })))
const ResetPage = lazy(() => links().then((m) => ({ default: m.ResetPage })))
const VerifyPage = lazy(() => links().then((m) => ({ default: m.VerifyPage })))
const HallPage = lazy(() => import('./hall/page.tsx').then((m) => ({ default: m.HallPage })))
const CheckoutPage = lazy(() => import('./pages/checkout.tsx').then((m) => ({ default: m.CheckoutPage })))
const DonePage = lazy(() => import('./pages/done.tsx').then((m) => ({ default: m.DonePage })))
const reservations = () => import('./pages/reservations.tsx')
const ReservationsPage = lazy(() => reservations().then((m) => ({ default: m.ReservationsPage })))
const ReservationPage = lazy(() => reservations().then((m) => ({ default: m.ReservationPage })))
const StoryPage = lazy(() => import('./pages/story.tsx').then((m) => ({ default: m.StoryPage })))

const StagePage = lazy(() => import('./stage/page.tsx').then((m) => ({ default: m.StagePage })))
const SalesPage = lazy(() => import('./organiser/sales.tsx').then((m) => ({ default: m.SalesPage })))
const BuyersPage = lazy(() => import('./organiser/buyers.tsx').then((m) => ({ default: m.BuyersPage })))
const WarRoomPage = lazy(() => import('./operations/page.tsx').then((m) => ({ default: m.WarRoomPage })))
const OrganiserHomePage = lazy(() => import('./organiser/home.tsx').then((m) => ({ default: m.OrganiserHomePage })))
const OwnConcertPage = lazy(() => import('./organiser/concert.tsx').then((m) => ({ default: m.OwnConcertPage })))
const OwnShowPage = lazy(() => import('./organiser/show.tsx').then((m) => ({ default: m.OwnShowPage })))
const HallEditorPage = lazy(() => import('./hall-editor/page.tsx').then((m) => ({ default: m.HallEditorPage })))

const routes: [RegExp, (id: string) => ReactNode][] = [
  [/^\/$/, () => <HomePage />],
  [/^\/concerts\/([\w-]+)$/, (id) => <ConcertPage id={id} />],
  [/^\/shows\/([\w-]+)\/seats$/, (id) => <HallPage id={id} />],
  [/^\/shows\/([\w-]+)\/story$/, (id) => <StoryPage id={id} />],
  [/^\/checkout\/([\w-]+)$/, (id) => <CheckoutPage id={id} />],
  [/^\/done\/([\w-]+)$/, (id) => <DonePage id={id} />],
  [/^\/demo$/, () => <StagePage />],
  [/^\/organiser\/shows\/([\w-]+)\/hall$/, (id) => <HallEditorPage id={id} />],
  [/^\/operations\/shows\/([\w-]+)$/, (id) => <WarRoomPage id={id} />],
  [/^\/organiser$/, () => <OrganiserHomePage />],
  [/^\/organiser\/concerts\/([\w-]+)$/, (id) => <OwnConcertPage id={id} />],
  [/^\/organiser\/shows\/([\w-]+)$/, (id) => <OwnShowPage id={id} />],
  [/^\/organiser\/shows\/([\w-]+)\/sales$/, (id) => <SalesPage id={id} />],
  [/^\/organiser\/shows\/([\w-]+)\/buyers$/, (id) => <BuyersPage id={id} />],
  [/^\/reservations$/, () => <ReservationsPage />],
  [/^\/reservations\/([\w-]+)$/, (id) => <ReservationPage id={id} />],
  [/^\/wallet$/, () => <WalletPage />],
  [/^\/account$/, () => <AccountPage />],
  [/^\/sign-in$/, () => <SignInPage />],
  [/^\/sign-up$/, () => <SignUpPage />],
  [/^\/forgot$/, () => <ForgotPage />],
  [/^\/reset$/, () => <ResetPage />],
  [/^\/verify$/, () => <VerifyPage />],
]

function App() {
  const [spoken, setSpoken] = useState<Language>(language)
  const path = usePath().split('?')[0] ?? '/'
  useEffect(() => {
    document.documentElement.lang = spoken
    const switched = (event: MouseEvent) => {
      if (!(event.target as HTMLElement).closest('[data-language]')) return
      const next = spoken === 'ko' ? 'en' : 'ko'
      chooseLanguage(next)
      setSpoken(next)
    }
    addEventListener('click', switched)
    return () => removeEventListener('click', switched)
  }, [spoken])
  const page = pageAt(path)
  return (
    <LanguageContext value={spoken}>
      <Broken key={path}><Suspense fallback={<main className={path.endsWith('/seats') ? 'dark-soon' : ''}><Skeleton /></main>}>{page}</Suspense></Broken>
    </LanguageContext>
  )
}

function pageAt(path: string): ReactNode {
  for (const [form, page] of routes) {
    const match = form.exec(path)
    if (match) return <div key={path}>{page(match[1] ?? '')}</div>
  }
  return <NotFound />
}

function NotFound() {
  const { problem } = useWords()
  return <Page title={problem.notFound}><p>{problem.notFoundBody}</p><p><Link to="/" className="button primary">{problem.toHome}</Link></p></Page>
}

function BrokenPage() {
  const { problem, common } = useWords()
  return (
    <Page title={problem.title}>
      <Notice tone="bad" title={problem.title} actions={<button type="button" className="button small" onClick={() => location.reload()}>{common.again}</button>}>{problem.safe}</Notice>
    </Page>
  )
}

/** A page that breaks says what is safe and where to look, and leaves the way around in place. */
class Broken extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false }
  static getDerivedStateFromError = () => ({ broken: true })
  override render() {
    return this.state.broken ? <BrokenPage /> : this.props.children
  }
}

const root = document.getElementById('app')
if (root) createRoot(root).render(<StrictMode><App /></StrictMode>)
