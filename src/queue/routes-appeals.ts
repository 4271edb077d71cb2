import Type, { type Static } from 'typebox'
import { Exact, Id, Text } from '../platform/contract.ts'
import { type App, decodeCursor, encodeCursor, IdParams, idOfCreated, IsoInstant, iso, isoOrNull, Nullable, Page, principalOf } from '../platform/http.ts'
import { Appeal, AppealOutcome, type QueueApi } from './api.ts'

const Evidence = Exact({ ...Appeal.properties.evidence.items.properties, firstAt: IsoInstant, lastAt: IsoInstant })
const { userId: _, ...shown } = Appeal.properties
const OwnAppeal = Exact({ ...shown, filedAt: IsoInstant, evidence: Type.Array(Evidence), answeredAt: Nullable(IsoInstant) })
const FiledAppeal = Exact({ ...OwnAppeal.properties, userId: Id })
const operator = { access: { allow: ['operator'] as ['operator'], live: true as const } }
const nobody = '00000000-0000-0000-0000-000000000000'
const limitDefault = 20

/** "This is wrong": what the gate decided about somebody goes before a person. `senderOf` names the address a request came from. */
export function appealRoutes(app: App, { queue, newId, senderOf }: { queue: QueueApi; newId: () => string; senderOf: (request: object) => string | null }) {
  app.post('/api/shows/:id/queue/appeals', {
    config: { access: { allow: 'signed-in' } },
    schema: { tags: ['queue'], summary: 'File an appeal; the evidence about me goes with it', params: IdParams, body: Exact({ text: Text(1_000) }), response: { 201: OwnAppeal } },
  }, async (request, reply) => {
    const { userId } = principalOf(request)
    const id = idOfCreated(request, `appeal ${request.params.id}`, newId)
    return reply.code(201).send(own(await queue.appeal({ id, showId: request.params.id, userId, sender: senderOf(request), text: request.body.text })))
  })

  app.get('/api/shows/:id/queue/appeals', {
    config: { access: { allow: 'signed-in' } },
    schema: { tags: ['queue'], summary: 'My appeals for this show with their answers', params: IdParams, response: { 200: Exact({ items: Type.Array(OwnAppeal) }) } },
  }, async (request) => ({ items: (await queue.appeals({ showId: request.params.id, userId: principalOf(request).userId })).appeals.map(own) }))

  app.get('/api/operations/appeals', {
    config: operator,
    schema: {
      tags: ['operations'], summary: 'Appeals nobody has answered, oldest first', querystring: Exact({ ...Page }),
      response: { 200: Exact({ items: Type.Array(FiledAppeal), next: Nullable(Type.String()) }) },
    },
  }, async (request) => {
    const { cursor, limit = limitDefault } = request.query
    const [at, id] = decodeCursor(cursor, 2) ?? [0, nobody]
    const { appeals } = await queue.openAppeals({ at: Number(at), id: String(id), limit })
    const last = appeals.length === limit ? appeals.at(-1) : undefined
    return { items: appeals.map(filed), next: last ? encodeCursor([last.filedAt, last.id]) : null }
  })

  app.post('/api/operations/appeals/:id/answer', {
    config: operator,
    schema: {
      tags: ['operations'], summary: 'Answer an appeal, once; the answer is shown to who filed it', params: IdParams,
      body: Exact({ outcome: AppealOutcome, answer: Text(1_000) }), response: { 200: FiledAppeal },
    },
  }, async (request) => filed(await queue.answerAppeal({ id: request.params.id, by: principalOf(request).userId, ...request.body })))
}

function filed(appeal: Static<typeof Appeal>) {
  const evidence = appeal.evidence.map((one) => ({ ...one, firstAt: iso(one.firstAt), lastAt: iso(one.lastAt) }))
  return { ...appeal, filedAt: iso(appeal.filedAt), answeredAt: isoOrNull(appeal.answeredAt), evidence }
}

function own(appeal: Static<typeof Appeal>) {
  const { userId: _, ...rest } = filed(appeal)
  return rest
}
