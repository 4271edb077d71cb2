import { get, type IncomingMessage } from 'node:http'
import { type Follower, type FollowAnswer, followLine } from '../line-client/follow.ts'
import type { Client } from './client.ts'

type Headers = Record<string, string | string[] | undefined>
const headersOf = (headers: Headers): FollowAnswer['headers'] => ({ get: (name) => (headers[name] === undefined ? null : String(headers[name])) })

/** A stream has a connection of its own; questions share those of the crowd. */
function fetchBy(client: Client) {
  return async (url: string, { headers, signal }: { headers: Record<string, string>; signal: AbortSignal }): Promise<FollowAnswer> => {
    if (url.endsWith('/stream')) return streamOf(url, headers, signal)
    const { status, headers: answered, text } = await client.page(new URL(url).pathname, headers, signal)
    return { ok: status === 200, headers: headersOf(answered), text: async () => text, body: null }
  }
}

function streamOf(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<FollowAnswer> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false, signal }, (response: IncomingMessage) => {
      const pieces = response[Symbol.asyncIterator]()
      resolve({
        ok: response.statusCode === 200, headers: headersOf(response.headers), text: async () => '',
        body: { getReader: () => ({ read: async () => (await pieces.next()) as { done: boolean; value?: Uint8Array } }) },
      })
    })
    request.on('error', reject)
  })
}

/** The line as one fan's page follows it; `streams` is false for who has to ask. */
export function followAs(client: Client, showId: string, rank: number, { streams, onChange }: { streams: boolean; onChange: () => void }): Follower {
  const fetch = fetchBy(client)
  return followLine({
    url: `${client.url.replace(/\/$/, '')}/api/shows/${showId}/queue`, rankOf: () => rank, onChange, random: Math.random, now: Date.now,
    fetch: streams ? fetch : async (url, options) => (url.endsWith('/stream') ? noStream : fetch(url, options)),
    after: (ms, act) => {
      const timer = setTimeout(act, ms)
      return () => clearTimeout(timer)
    },
  })
}

const noStream: FollowAnswer = { ok: false, headers: headersOf({ 'retry-after': '600' }), text: async () => '', body: null }
