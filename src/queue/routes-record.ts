import Type from 'typebox'
import { Exact } from '../platform/contract.ts'
import { type App, decodeCursor, encodeCursor, IdParams, Nullable } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import { type QueueApi, queueLimits, RecordLine } from './api.ts'

const hashForm = /^[0-9a-f]{64}$/
const idForm = /^[0-9a-f-]{36}$|^$/

/** The public record of a sale: anybody reads it, page by page, and recomputes it (`npm run audit`). */
export function recordRoutes(app: App, queue: QueueApi) {
  app.get('/api/shows/:id/audit', {
    config: { access: { allow: 'public' } },
    schema: {
      tags: ['queue'], summary: 'The public record of a line: joins, calls and ends under hashed names, and every change of the gate, in hash chains',
      params: IdParams,
      querystring: Exact({ cursor: Type.Optional(Type.String({ maxLength: 300 })), limit: Type.Optional(Type.Integer({ minimum: 1, maximum: queueLimits.recordPageMax, default: 500 })) }),
      response: { 200: Exact({ items: Type.Array(RecordLine), next: Nullable(Type.String()), complete: Type.Boolean({ description: 'false while the sale is running: more will follow' }) }) },
    },
  }, async (request) => {
    const { cursor, limit = 500 } = request.query
    const { lines, next, complete } = await queue.record({ showId: request.params.id, ...afterOf(cursor), limit })
    return { items: lines, next: next && encodeCursor([next.part, next.windowId ?? '', next.number, next.hash]), complete }
  })
}

/** Whoever changes a cursor gets another place or a chain that does not check, and nothing else. */
function afterOf(cursor: string | undefined) {
  const parts = decodeCursor(cursor, 4)
  if (!parts) return {}
  const [part, windowId, number, hash] = parts
  const sound = (part === 'joins' || part === 'events') && idForm.test(String(windowId)) && typeof number === 'number' && number >= 0 && hashForm.test(String(hash))
  if (!sound) return refuse('request_invalid', { detail: 'cursor' })
  return { after: { part: part as 'joins' | 'events', number, hash: String(hash), ...(windowId === '' ? {} : { windowId: String(windowId) }) } }
}
