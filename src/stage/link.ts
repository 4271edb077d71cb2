import type { StageState, ToServer, ToSupervisor } from './messages.ts'

/** The server's end of the wire to the process that watches over it. */
export type StageLink = { state: () => StageState; kill: () => void; rush: (job: { showId: string; tokens: string[]; seats: number }) => void; served: (at: { url: string; opsUrl: string }) => void }

/** Undefined when nobody watches over this process. `onGone`: the other end is gone, and nobody would start or stop this one any more. */
export function openStageLink(onGone: () => void): StageLink | undefined {
  if (!process.send) return undefined
  let state: StageState = { kills: 0, backMs: null, crowd: null }
  process.on('message', (message: ToServer) => {
    if (message.kind === 'state') state = message.state
  })
  process.once('disconnect', onGone)
  // it is no reason to live on
  process.channel?.unref()
  const tell = (message: ToSupervisor) => void process.send?.(message)
  return {
    state: () => state,
    kill: () => tell({ kind: 'kill' }),
    rush: (job) => tell({ kind: 'rush', ...job }),
    served: ({ url, opsUrl }) => tell({ kind: 'served', url, opsUrl }),
  }
}
