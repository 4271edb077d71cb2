import { createConnection, type Socket } from 'node:net'
import type { LineFrame } from '../line-client/api.ts'
import { createEventReader } from '../line-client/events.ts'
import { pollMsOf } from '../line-client/pace.ts'
import { createView } from '../line-client/view.ts'

export type WatchReport = {
  streams: number
  pollers: number
  frames: number
  /** frames that a stream lacked which others of this process got, and connections that ended by themselves */
  missed: number
  lost: number
  polls: number
  pollErrors: number
  grew: number
  /** from the moment a frame was true to its arrival at each stream, milliseconds */
  ageMs: number[]
  /** from the first stream of this process that got a frame to each other, milliseconds */
  spreadMs: number[]
}
export type WatchInput = { url: string; showId: string; streams: number; pollers: number; ranks: number; random: () => number }

const openAtOnce = 100

/**
 * Watchers of one line, each with a connection of its own: as bare as can be, so that one process carries thousands. Each
 * sees the line from a rank of its own and notes a position that grows.
 */
export async function watchLine({ url, showId, streams, pollers, ranks, random }: WatchInput) {
  const { hostname, port } = new URL(url)
  const path = `/api/shows/${showId}/queue`
  const report: WatchReport = { streams, pollers, frames: 0, missed: 0, lost: 0, polls: 0, pollErrors: 0, grew: 0, ageMs: [], spreadMs: [] }
  const heard = new Map<string, { first: number; count: number; complete: boolean }>()
  const parsed = new Map<string, LineFrame>()
  let allOpen = false
  let closing = false
  const closers: (() => void)[] = []

  function frameOf(document: string): LineFrame {
    const known = parsed.get(document)
    if (known) return known
    if (parsed.size > 64) parsed.clear()
    const frame = JSON.parse(document) as LineFrame
    parsed.set(document, frame)
    return frame
  }

  function waiter() {
    const rank = 1 + Math.floor(random() * ranks)
    const view = createView(() => rank)
    let position = Number.POSITIVE_INFINITY
    return {
      view,
      hear: (document: string, now: number) => {
        view.hear(frameOf(document), now)
        const seen = view.at(now)?.position ?? position
        if (seen > position) report.grew++
        position = seen
      },
    }
  }

  function note(id: string, document: string, now: number) {
    const known = heard.get(id)
    if (known) {
      known.count++
      report.spreadMs.push(now - known.first)
    } else heard.set(id, { first: now, count: 1, complete: allOpen })
    report.ageMs.push(Date.now() - Date.parse(frameOf(document).at))
  }

  const open = (): Socket => {
    const socket = createConnection(Number(port), hostname)
    socket.setEncoding('utf8').on('error', () => undefined) // its end is counted
    socket.on('close', () => {
      if (!closing) report.lost++
    })
    closers.push(() => socket.destroy())
    return socket
  }

  const ask = (socket: Socket, target: string) => socket.write(`GET ${target} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`)

  function stream(): Promise<void> {
    return new Promise((resolve) => {
      const socket = open()
      const { hear } = waiter()
      let body = false
      const read = createEventReader({
        onRetry: () => resolve(),
        onEvent: (_event, data, id) => {
          const now = performance.now()
          note(id, data, now)
          hear(data, now)
        },
      })
      let head = ''
      ask(socket, `${path}/stream`)
      socket.on('data', (text: unknown) => {
        if (body) return read(String(text))
        head += String(text)
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return
        body = true
        read(head.slice(end + 4))
      }).on('close', () => resolve())
    })
  }

  function poll(): Promise<void> {
    return new Promise((resolve) => {
      const socket = open()
      const { hear, view } = waiter()
      let text = ''
      let timer: NodeJS.Timeout
      closers.push(() => clearTimeout(timer))
      socket.on('data', (piece: unknown) => {
        text += String(piece)
        const end = text.indexOf('\r\n\r\n')
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1])
        if (end < 0 || Buffer.byteLength(text.slice(end + 4)) < length) return
        const ok = text.startsWith('HTTP/1.1 200')
        const document = text.slice(end + 4)
        text = ''
        report.polls++
        if (ok) hear(document, performance.now())
        else report.pollErrors++
        timer = setTimeout(() => ask(socket, path), pollMsOf(view.at(Date.now()), { now: Date.now(), random, isHidden: false }))
        resolve()
      }).on('close', () => resolve())
      ask(socket, path)
    })
  }

  const wanted = [...Array.from({ length: streams }, () => stream), ...Array.from({ length: pollers }, () => poll)]
  for (let from = 0; from < wanted.length; from += openAtOnce) await Promise.all(wanted.slice(from, from + openAtOnce).map((begin) => begin()))
  allOpen = true

  return {
    /** Closes every connection. Only frames that began when all were there count, and not the last, which may be on its way. */
    stop(): WatchReport {
      closing = true
      for (const close of closers) close()
      const complete = [...heard.values()].filter((frame) => frame.complete).slice(0, -1)
      report.frames = complete.length
      report.missed = complete.reduce((sum, { count }) => sum + streams - count, 0)
      return report
    },
  }
}
