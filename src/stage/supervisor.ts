import { type ChildProcess, fork } from 'node:child_process'
import type { FromCrowd, StageState, ToServer, ToSupervisor } from './messages.ts'

const main = new URL('../main.ts', import.meta.url).pathname
const crowdMain = new URL('./crowd.ts', import.meta.url).pathname
const serverFlags = ['--max-semi-space-size=64']
const restartsMax = 20
const restartsWithinMs = 60_000

/**
 * Watches over the demo's server, which may be killed at any moment: it is started again on the same ports and data, and the
 * crowd, a process of its own, lives on. Ends with the server's own end, and ends the server when it is told to end.
 */
export function supervise(args: string[], environment: Record<string, string | undefined>): void {
  let state: StageState = { kills: 0, backMs: null, crowd: null }
  let served: { url: string; opsUrl: string } | undefined
  let server = start()
  let crowd: ChildProcess | undefined
  let stopping = false
  let killedAt: number | undefined
  let restarts: number[] = []

  /** A group of its own: what is typed at the terminal reaches this process alone, which passes it on once. */
  function start(): ChildProcess {
    const ports = served ? { PORT: new URL(served.url).port, OPS_PORT: new URL(served.opsUrl).port } : {}
    const child = fork(main, [...args, ...(served ? ['--again'] : [])], { execArgv: serverFlags, env: { ...environment, ...ports }, detached: true })
    child.on('message', (message: ToSupervisor) => hear(message))
    child.on('exit', (code, signal) => ended(code, signal))
    return child
  }

  function tell(change: Partial<StageState>) {
    state = { ...state, ...change }
    const message: ToServer = { kind: 'state', state }
    if (server.connected) server.send(message, () => undefined) // one that is gone is told when it is back
  }

  function hear(message: ToSupervisor) {
    if (message.kind === 'served') {
      served = message
      tell(killedAt === undefined ? {} : { backMs: Math.round(performance.now() - killedAt) })
      killedAt = undefined
    } else if (message.kind === 'kill') server.kill('SIGKILL')
    else rush(message)
  }

  function ended(code: number | null, signal: NodeJS.Signals | null) {
    const now = performance.now()
    restarts = [...restarts.filter((at) => now - at < restartsWithinMs), now]
    if (stopping || signal === null || !served || restarts.length > restartsMax) {
      crowd?.kill('SIGKILL')
      // one that was told to end before it could say so has ended all the same
      process.exit(code ?? (stopping ? 0 : 1))
    }
    killedAt = now
    state = { ...state, kills: state.kills + 1, backMs: null }
    server = start()
  }

  function rush({ showId, tokens, seats }: Extract<ToSupervisor, { kind: 'rush' }>) {
    if (!served || (state.crowd && !state.crowd.isOver)) return
    const subject = { showId, seats, fans: tokens.length }
    const child = fork(crowdMain, [], { detached: true })
    crowd = child
    const killsBefore = state.kills
    child.on('message', (seen: FromCrowd) => {
      const report = seen.report && { ...seen.report, kills: state.kills - killsBefore }
      tell({ crowd: { ...subject, ...seen, report } })
    })
    child.on('exit', () => {
      if (state.crowd && !state.crowd.isOver) tell({ crowd: { ...state.crowd, isOver: true, error: 'the crowd ended before it was through' } })
    })
    tell({ crowd: { ...subject, isOver: false, arrived: 0, joined: 0, entered: 0, paidSeats: 0, lostRaces: 0, refused: 0, retries: 0, report: null, error: null } })
    child.send({ ...served, showId, tokens, seats })
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {
    if (stopping) return
    stopping = true
    crowd?.kill('SIGKILL')
    server.kill('SIGTERM')
  })
}
