import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { Metrics } from './metrics.ts'
import { Refusal } from './outcome.ts'

export const streamLimits = {
  /** readers written to in one turn of the event loop: everybody else waits no longer than for these */
  sliceMax: 250,
  /** a reader who is this far behind is ended: it comes back and hears the newest */
  bufferedBytesMax: 64 * 1024,
  perAddressMax: 2_000,
  perAccountMax: 10,
  /** who lost the connection comes back between these, each at a time of its own */
  retryMsMin: 500,
  retryMsMax: 10_500,
} as const

export type StreamKind = 'line' | 'seats'
/** One kind and one subject, e.g. the line of a show; all its readers hear the same bytes. */
export type Topic = { kind: StreamKind; readers: Set<Reader> }
type Reader = { socket: Socket; end: () => void }
export type Asking = { raw: IncomingMessage; address: string; account: string | undefined }
export type Streams = ReturnType<typeof createStreams>

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

/** Bytes of one event as a browser's EventSource reads it. `data` has no line breaks. */
export const eventOf = ({ id, event, data }: { id: string; event: string; data: string }): Buffer =>
  Buffer.from(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`)
export const comment = Buffer.from(': \n\n')

/**
 * The open streams (SSE) of this process. A frame is made once and its bytes are written to each reader's socket, a slice
 * of the readers in each turn of the event loop. What is written past the response needs no chunks: a stream ends
 * with its connection.
 */
export function createStreams({ metrics, random, streamsMax }: { metrics: Metrics; random: () => number; streamsMax: number }) {
  const counts = { all: 0, byAddress: new Map<string, number>(), byAccount: new Map<string, number>() }
  const open = new Set<Reader>()
  let closing = false

  /** Refuses `streams_full`, which names what is full, and `shutting_down`. Call it before anything is answered. */
  function admit({ address, account }: Asking) {
    if (closing) throw new Refusal('shutting_down', { retryAfterSeconds: 1 })
    const full = counts.all >= streamsMax ? 'server'
      : address !== '' && (counts.byAddress.get(address) ?? 0) >= streamLimits.perAddressMax ? 'address'
        : account !== undefined && (counts.byAccount.get(account) ?? 0) >= streamLimits.perAccountMax ? 'account' : undefined
    if (!full) return
    metrics.streamRefused.inc({ by: full })
    throw new Refusal('streams_full', { by: full, retryAfterSeconds: 5 + Math.ceil(random() * 10) })
  }

  /** Answers with an endless response and adds it to the topic; `first` is what it hears at once. */
  function add(topic: Topic, asking: Asking, response: ServerResponse, first: Buffer[], onEnd: () => void) {
    const socket = response.socket
    if (!socket || socket.destroyed) return onEnd()
    response.useChunkedEncodingByDefault = false
    response.writeHead(200, headers)
    response.flushHeaders()
    socket.setNoDelay(true)
    const retryMs = Math.round(streamLimits.retryMsMin + random() * (streamLimits.retryMsMax - streamLimits.retryMsMin))
    socket.write(Buffer.concat([Buffer.from(`retry: ${retryMs}\n\n`), ...first]))
    const reader: Reader = { socket, end: () => void response.end() }
    topic.readers.add(reader)
    open.add(reader)
    count(asking, 1, topic.kind)
    response.once('close', () => {
      topic.readers.delete(reader)
      open.delete(reader)
      count(asking, -1, topic.kind)
      onEnd()
    })
  }

  function count({ address, account }: Asking, by: 1 | -1, kind: StreamKind) {
    counts.all += by
    metrics.streamClients.inc({ kind }, by)
    for (const [table, key] of [[counts.byAddress, address], [counts.byAccount, account]] as const) {
      if (!key) continue
      const left = (table.get(key) ?? 0) + by
      if (left > 0) table.set(key, left)
      else table.delete(key)
    }
  }

  /** Writes to everybody who reads now. One frame of a topic at a time: its caller waits for the end. */
  async function send({ kind, readers }: Topic, bytes: Buffer): Promise<void> {
    const startedAt = performance.now()
    const all = [...readers]
    let written = 0
    for (let from = 0; from < all.length; from += streamLimits.sliceMax) {
      if (from > 0) await turn()
      for (const { socket } of all.slice(from, from + streamLimits.sliceMax)) if (write(socket, bytes, kind)) written++
    }
    metrics.streamFrames.inc({ kind }, written)
    metrics.broadcastSeconds.observe({ kind }, (performance.now() - startedAt) / 1_000)
  }

  function write(socket: Socket, bytes: Buffer, kind: StreamKind): boolean {
    if (socket.destroyed) return false
    if (socket.writableLength > streamLimits.bufferedBytesMax) {
      metrics.streamDropped.inc({ kind })
      socket.destroy()
      return false
    }
    socket.write(bytes)
    return true
  }

  return {
    admit, add, send,
    size: () => counts.all,
    isClosing: () => closing,
    /** Ends every stream, a slice at a time; each reader comes back at the time it was given when it began. */
    close: async () => {
      closing = true
      let ended = 0
      for (const { end } of [...open]) {
        end()
        if (++ended % streamLimits.sliceMax === 0) await turn()
      }
    },
  }
}
