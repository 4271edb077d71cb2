import Type from 'typebox'
import type { AuditAsked, Kept } from '../platform/audit.ts'
import { Exact, Id } from '../platform/contract.ts'
import { type App, decodeCursor, encodeCursor, IsoInstant, iso, Page } from '../platform/http.ts'

type Keeper = { audit: (asked: AuditAsked) => Promise<{ acts: Kept[] }> }
type Act = Kept & { service: string }

const Shown = Exact({
  at: IsoInstant, service: Type.String(), actor: Id, action: Type.String(), target: Type.String(),
  before: Type.Unknown({ description: 'what it was; null where the act made the thing' }), after: Type.Unknown(),
})
const limitDefault = 20

/** What operators, organisers and staff did, over all services, newest first. Nothing here can be changed or taken away. */
export function auditRoutes(app: App, keepers: Record<string, Keeper>) {
  app.get('/api/operations/audit', {
    config: { access: { allow: ['operator'], live: true } },
    schema: {
      tags: ['operations'], summary: 'Who did what to which thing, with before and after',
      querystring: Exact({ target: Type.Optional(Id), ...Page }),
      response: { 200: Exact({ items: Type.Array(Shown), next: Type.Union([Type.String(), Type.Null()]) }) },
    },
  }, async (request) => {
    const { cursor, limit = limitDefault, target } = request.query
    const acts = await actsOf(keepers, { after: placeOf(cursor), limit, target })
    const last = acts.length === limit ? acts.at(-1) : undefined
    return { items: acts.map(({ id: _, at, ...act }) => ({ at: iso(at), ...act })), next: last ? encodeCursor([last.at, last.service, last.id]) : null }
  })
}

type Position = { at: number; service: string; id: number }

function placeOf(cursor: string | undefined): Position {
  const parts = decodeCursor(cursor, 3)
  return parts ? { at: Number(parts[0]), service: String(parts[1]), id: Number(parts[2]) } : { at: latest, service: '', id: 0 }
}
const latest = Date.UTC(9999, 0, 1)

/** One order over all services: by time, then by service, then by number in it. Each is asked for what comes after. */
async function actsOf(keepers: Record<string, Keeper>, { after, limit, target }: { after: Position; limit: number; target: string | undefined }): Promise<Act[]> {
  const idAfter = (service: string) => (service === after.service ? after.id : service < after.service ? Number.MAX_SAFE_INTEGER : 0)
  const parts = await Promise.all(Object.entries(keepers).map(async ([service, keeper]) => {
    const { acts } = await keeper.audit({ at: after.at, id: idAfter(service), limit, ...(target === undefined ? {} : { target }) })
    return acts.map((act) => ({ service, ...act }))
  }))
  const order = (a: Act, b: Act) => b.at - a.at || (a.service === b.service ? b.id - a.id : a.service < b.service ? 1 : -1)
  return parts.flat().sort(order).slice(0, limit)
}
