export type Language = 'ko' | 'en'
const key = 'openrun.language'

// a link may carry the language; it is a choice like any other
const linked = new URLSearchParams(location.search).get('lang')
if (linked === 'ko' || linked === 'en') localStorage.setItem(key, linked)

/** The reader's choice, else what the server read from the browser's wish. */
export function language(): Language {
  return (localStorage.getItem(key) ?? document.documentElement.lang) === 'en' ? 'en' : 'ko'
}

export function chooseLanguage(next: Language) {
  localStorage.setItem(key, next)
  document.documentElement.lang = next
}

const locale = () => (language() === 'ko' ? 'ko-KR' : 'en-GB')
export const count = (n: number) => n.toLocaleString(locale())
/** Won, written the way each language does. */
export const won = (n: number) => (language() === 'ko' ? `${n.toLocaleString('ko-KR')}원` : `₩${n.toLocaleString('en-GB')}`)
/** mm:ss, never below zero. */
export function clock(ms: number) {
  const seconds = Math.max(0, Math.ceil(ms / 1_000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
/** A day and time in the venue's zone; without one, where the reader is. */
export function when(iso: string | number, timeZone?: string) {
  return new Intl.DateTimeFormat(locale(), { ...(timeZone ? { timeZone } : {}), year: 'numeric', month: 'short', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(iso))
}
export const dayOf = (iso: string | number, timeZone?: string) =>
  new Intl.DateTimeFormat(locale(), { ...(timeZone ? { timeZone } : {}), month: 'short', day: 'numeric', weekday: 'short' }).format(new Date(iso))
export const timeOf = (iso: string | number, timeZone?: string) =>
  new Intl.DateTimeFormat(locale(), { ...(timeZone ? { timeZone } : {}), hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(iso))
