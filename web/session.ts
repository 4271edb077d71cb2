import { language } from './language.ts'

/** Who is signed in: the access token stays in memory, the refresh token in a cookie no script can read. */
export type Person = { id: string; email: string; name: string; role: string; verified: boolean }
type Session = { accessToken: string; expiresAt: string; user: Person }

const hint = 'openrun.signed-in'
const keeper = 'openrun.keeper'
const earlyMs = 60_000
let session: Session | undefined
let renewing: Promise<string | undefined> | undefined
const listeners = new Set<() => void>()

/** Whether this browser has a session to renew, so that a stranger's page asks for nothing. */
export const mayBeSignedIn = () => session !== undefined || stored() !== null
export const person = () => session?.user
export function onSession(listener: () => void) {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** What this tab keeps is one person's: it outlives a session that ended, but is not shown to somebody else. */
export function keepSession(next: Session) {
  const known = sessionStorage.getItem(keeper)
  if (known !== null && known !== next.user.id) sessionStorage.clear()
  sessionStorage.setItem(keeper, next.user.id)
  session = next
  localStorage.setItem(hint, '1')
  tell()
}

/** Signed out on purpose: nothing stays in this tab. */
export function forgetSession() {
  sessionStorage.clear()
  loseSession()
}

function loseSession() {
  session = undefined
  localStorage.removeItem(hint)
  tell()
}

function tell() {
  for (const listener of listeners) listener()
}

export async function accessToken(): Promise<string | undefined> {
  if (!mayBeSignedIn()) return undefined
  if (session && Date.parse(session.expiresAt) - Date.now() > earlyMs) return session.accessToken
  return renewSession()
}

/** One renewal at a time in this browser: the cookie changes with each, and an old one presented twice ends the session. */
export function renewSession(): Promise<string | undefined> {
  renewing ??= (navigator.locks ? navigator.locks.request('openrun.session', renew) : renew()).finally(() => {
    renewing = undefined
  })
  return renewing
}

async function renew(): Promise<string | undefined> {
  let response: Response
  try {
    response = await fetch('/api/sessions/refresh', { method: 'POST', credentials: 'same-origin', headers: { 'accept-language': language() } })
  } catch {
    return session?.accessToken // offline is not signed out
  }
  if (response.ok) return renewed((await response.json()) as Session)
  if (response.status === 401) loseSession()
  return session?.accessToken
}

/** Another tab may have signed somebody else in meanwhile: nothing that was asked or shown here is theirs. */
function renewed(next: Session): string | undefined {
  const isAnother = session !== undefined && session.user.id !== next.user.id
  keepSession(next)
  if (!isAnother) return next.accessToken
  location.reload()
  return undefined
}

const stored = () => localStorage.getItem(hint)
