import { useEffect } from 'react'
import { guardLeaving } from '../router.tsx'

/** Leaving with something unsaved is asked about: inside the app in our words, outside of it in the browser's. */
export function useLeaveGuard(isDirty: boolean, sentence: string) {
  useEffect(() => {
    if (!isDirty) return
    const stop = guardLeaving(sentence)
    const closing = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', closing)
    return () => {
      stop()
      removeEventListener('beforeunload', closing)
    }
  }, [isDirty, sentence])
}
