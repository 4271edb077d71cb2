import { useCallback, useEffect, useState } from 'react'
import type { Verified } from '../../src/gateway/war-room.ts'
import { post } from '../client.ts'
import { useAct } from '../data.ts'

/** checking reads everything that is stored: at most a twentieth of the time, and never more than twice a minute */
const verifyEveryMs = 30_000
const verifyShare = 20

/** Checks by itself while it is looked at. Undefined: not yet; null: cannot be checked from here. */
export function useVerified(path: string): { verified: Verified | null | undefined; check: () => Promise<void>; problem: ReturnType<typeof useAct>['problem']; busy: boolean } {
  const [verified, setVerified] = useState<Verified | null>()
  const { act, problem, busy } = useAct()
  const check = useCallback(() => act(async () => setVerified(await post<Verified | null>(path))), [act, path])
  useEffect(() => {
    if (verified === undefined && problem === undefined) void check()
    if (verified === null) return
    const timer = setInterval(() => document.visibilityState === 'visible' && void check(), Math.max(verifyEveryMs, (verified?.ms ?? 0) * verifyShare))
    return () => clearInterval(timer)
  }, [verified, problem, check])
  return { verified, check, problem, busy }
}
