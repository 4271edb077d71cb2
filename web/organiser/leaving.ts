import { useEffect, useRef } from 'react'
import { guardLeaving } from '../router.tsx'

/**
 * Leaving with something unsaved is asked about: inside the app in our words, outside of it in the browser's. Answers how to stop
 * that, for what was written here is sent: other parts of the page may have something, too.
 */
export function useLeaveGuard(isDirty: boolean, sentence: string): () => void {
  const stop = useRef<() => void>(undefined)
  useEffect(() => {
    if (!isDirty) return
    stop.current = guardLeaving(sentence)
    const closing = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', closing)
    return () => {
      stop.current?.()
      removeEventListener('beforeunload', closing)
    }
  }, [isDirty, sentence])
  return () => stop.current?.()
}
