import { type ReactNode, useEffect, useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
const tell = () => {
  for (const listener of listeners) listener()
}
type Guard = { sentence: string }
/** Each part of a page that has something unsaved; one of them asks. */
const asking = new Set<Guard>()
/** Asks before this page is left; answers how to stop that. */
export function guardLeaving(sentence: string): () => void {
  const guard = { sentence }
  asking.add(guard)
  return () => void asking.delete(guard)
}
/** All that was written on this page is sent, or there is nothing left that it could be saved to. */
export const leaveUnasked = () => asking.clear()
/** Whether what stands on this page may go. */
export function mayLeave(): boolean {
  const [guard] = asking
  return guard === undefined || confirm(guard.sentence)
}
let seen = location.pathname + location.search
addEventListener('popstate', () => {
  const next = location.pathname + location.search
  // going back cannot be stopped, only undone
  if (next !== seen && !mayLeave()) return history.pushState(null, '', seen)
  seen = next
  tell()
})

/** Pages another entry serves: going there is an ordinary navigation. */
const otherEntry = /^\/shows\/[^/]+\/line(\/|$|\?|#)|^\/docs/

export function navigate(to: string, { replace = false } = {}) {
  if (!mayLeave()) return
  if (otherEntry.test(to)) return replace ? location.replace(to) : location.assign(to)
  history[replace ? 'replaceState' : 'pushState'](null, '', to)
  seen = location.pathname + location.search
  scrollTo(0, 0)
  tell()
}

export const usePath = () => useSyncExternalStore(subscribe, () => location.pathname + location.search)

export function Link({ to, children, className, current }: { to: string; children: ReactNode; className?: string; current?: boolean }) {
  return (
    <a href={to} className={className} aria-current={current ? 'page' : undefined} onClick={(event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
      event.preventDefault()
      navigate(to)
    }}>{children}</a>
  )
}

/** The page's name stands in the title bar, and a reader of screens begins at its heading. */
export function useTitle(title: string) {
  useEffect(() => {
    document.title = title ? `${title} · Openrun` : 'Openrun 오픈런'
  }, [title])
}
