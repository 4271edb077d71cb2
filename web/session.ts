import { language } from './language.ts'

/** Who is signed in: the access token stays in memory, the refresh token in a cookie no script can read. */
export type Person = { id: string; email: string; name: string; role: string; verified: boolean }
type Session = { accessToken: string; expiresAt: string; user: Person }

const hint = 'openrun.signed-in'
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

export function keepSession(next: Session) {
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
  if (response.ok) {
    const before = session?.user.id
    keepSession((await response.json()) as Session)
    // another tab signed somebody else in: nothing that was asked or is shown here is theirs
    if (before && before !== session?.user.id) {
      sessionStorage.clear()
      location.reload()
      return undefined
    }
  } else if (response.status === 401) loseSession()
  return session?.accessToken
}

const stored = () => localStorage.getItem(hint)
