import type { Static } from 'typebox'
import type { Answer } from '../platform/outcome.ts'
import type { queueOperations } from './api.ts'
import type { QueueEnv } from './env.ts'
import { refusalsOf } from './join.ts'
import { noLine, presentLine } from './line.ts'
import { viewsOf } from './position.ts'
import * as lines from './store-lines.ts'
import { livePlacesOf } from './store-places.ts'

type Asked = Static<(typeof queueOperations)['lobby']['input']>
type Lobby = Static<(typeof queueOperations)['lobby']['output']>

/**
 * What the line has to say before the opening, all of one show: nothing that can fail then is asked for the first time
 * then. A read: the code is looked at, and kept by nobody; joining the lobby takes it, and later it is not asked again.
 */
export async function lobbyMany(env: QueueEnv, inputs: Asked[]): Promise<Answer<Lobby>[]> {
  const showId = inputs[0]?.showId ?? ''
  const [show] = await lines.readShows(env.db, [showId])
  if (!show) return noLine(env, showId).then((refusal) => inputs.map(() => refusal))
  const line = presentLine(show)
  const userIds = [...new Set(inputs.flatMap(({ userId }) => userId ?? []))]
  const mine = await livePlacesOf(env.db, line.windowId, userIds)
  const views = await viewsOf(env, env.positions.ahead, show, [...mine.values()])
  // before a line opens it is asked what it will ask then
  const refusals = await refusalsOf(env.db, { ...line, phase: line.phase === 'announced' ? 'lobby' : line.phase }, inputs)
  const { windowId, phase, lobbyOpensAt, sealsAt, opensAt, closesAt } = line
  return inputs.map((input) => {
    const row = input.userId === undefined ? undefined : mine.get(input.userId)
    const place = (row && views.get(row)) ?? null
    const refusal = place ? null : ((refusals.get(input)?.code ?? null) as Lobby['refusal'])
    return { windowId, phase, lobbyOpensAt, sealsAt, opensAt, closesAt, refusal, place }
  })
}
