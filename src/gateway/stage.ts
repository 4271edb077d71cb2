import Type from 'typebox'
import type { ConcertApi } from '../concert/api.ts'
import { Exact, Id } from '../platform/contract.ts'
import { type App, IdParams, principalOf } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import type { QueueApi } from '../queue/api.ts'
import type { UserApi } from '../user/api.ts'
import { StageState } from '../stage/messages.ts'
import type { StageLink } from '../stage/link.ts'
import { openRehearsal } from './rehearsals.ts'
import { LiveShow, VerifiedOrNull, type WarRoom } from './war-room.ts'

export type Stage = { link: StageLink; fan: { email: string; password: string }; operator: { email: string; name: string; password: string; role: 'operator' } }
type Needs = { stage: Stage; room: WarRoom; user: UserApi; concert: ConcertApi; queue: QueueApi; now: () => number; operatorId: () => Promise<string> }
/** Seats for about as many as want one: whoever is at the stage stands in the middle of the line, and there is still something to choose. */
export const stageSize = { fans: 200, seats: 340, cap: 60 } as const
const everybody = { access: { allow: 'public' as const } }
// a page of another origin cannot send JSON without being asked first, so it can neither start a rush nor kill
const Nothing = Exact({})
const hide = true

/** The stage of the demo: mounted only by npm start, whose logins everybody knows and which listens on this machine alone. */
export function stageRoutes(app: App, needs: Needs) {
  const { stage, room } = needs
  const { link } = stage
  app.get('/api/demo', {
    config: everybody,
    schema: { hide, response: { 200: Exact({ fan: Exact({ email: Type.String(), password: Type.String() }), size: Exact({ fans: Type.Integer(), seats: Type.Integer() }), state: StageState }) } },
  }, async (_request, reply) => reply.header('cache-control', 'no-store').send({ fan: stage.fan, size: { fans: stageSize.fans, seats: stageSize.seats }, state: link.state() }))

  app.get('/api/demo/shows/:id/live', {
    config: everybody, schema: { hide, params: IdParams, response: { 200: LiveShow } },
  }, async (request, reply) => reply.header('cache-control', 'no-store').send(await room.live(request.params.id)))

  app.post('/api/demo/verify', {
    config: everybody, schema: { hide, body: Nothing, response: { 200: VerifiedOrNull } },
  }, async () => (await room.verify()) ?? null)

  app.post('/api/demo/rush', {
    config: everybody, schema: { hide, body: Nothing, response: { 201: Exact({ showId: Id }) } },
  }, async (_request, reply) => reply.code(201).send(await startRush(needs, await needs.operatorId())))

  app.post('/api/demo/kill', {
    config: everybody, schema: { hide, body: Nothing, response: { 202: Exact({}) } },
  }, async (_request, reply) => {
    // the answer first: nobody gives one afterwards
    reply.raw.once('finish', () => link.kill())
    return reply.code(202).send({})
  })

  app.post('/api/operations/rehearsals/crowd', {
    config: { access: { allow: ['operator'], live: true } },
    schema: { hide, body: Nothing, response: { 201: Exact({ showId: Id }) } },
  }, async (request, reply) => reply.code(201).send(await startRush(needs, principalOf(request).userId)))
}

/** A fresh show with room for a few at once, and a crowd of its own process that comes by the public address. */
async function startRush({ stage: { link }, user, concert, queue, now }: Needs, by: string): Promise<{ showId: string }> {
  const { crowd } = link.state()
  if (crowd && !crowd.isOver) return refuse('rush_running')
  const { fans } = await user.rehearse({ count: stageSize.fans, by })
  const { showId } = await openRehearsal({ concert }, { seats: stageSize.seats, by, now: now(), title: 'Openrun 오픈런', venue: '체험 홀 Demo hall' })
  await opened(queue, showId)
  await queue.control({ showId, by, cap: stageSize.cap })
  link.rush({ showId, tokens: fans.map(({ accessToken }) => accessToken), seats: stageSize.seats })
  return { showId }
}

const triesMax = 100
const pauseMs = 50

/** Seat and queue hear of a new show by events, a moment later. */
async function opened(queue: QueueApi, showId: string): Promise<void> {
  for (let tries = 0; tries < triesMax; tries++) {
    const frame = await queue.frame({ showId }).catch(() => undefined)
    if (frame?.phase === 'open' && frame.left.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  return refuse('show_preparing')
}
