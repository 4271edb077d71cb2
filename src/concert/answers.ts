import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { intMax } from '../platform/contract.ts'
import { principalOf } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import type { By, ConcertApi, ShowDetail } from './api.ts'
import { shownShow, type Stock } from './views.ts'

export type ConcertRoutesNeeds = {
  concert: ConcertApi
  /** what seat knows of these shows now; a show it does not have is left out */
  stock: (showIds: string[]) => Promise<Map<string, Stock>>
}

/** A plan of every row of a large hall, with its attributes. */
export const planBytesMax = 8 * 1024 * 1024

/** The caller of a route for organisers and operators. */
export function byOf(request: FastifyRequest): By {
  const { userId, role } = principalOf(request)
  return role === 'organiser' || role === 'operator' ? { userId, role } : refuse('role_required')
}

/** Shows with what is left of them, asked now; if that cannot be known it is null, not nothing. */
export async function shownShows(request: FastifyRequest, { stock }: Pick<ConcertRoutesNeeds, 'stock'>, shows: ShowDetail[]) {
  const sold = shows.filter(({ status }) => status !== 'draft').map(({ id }) => id)
  const stocks = sold.length === 0 ? new Map<string, Stock>() : await stock(sold).catch((error: unknown) => {
    request.log.warn({ err: error }, 'seats left are not known')
    return new Map<string, Stock>()
  })
  return shows.map((show) => shownShow(show, stocks.get(show.id)))
}

/** The show of an answer; there is exactly one. */
export async function shownOne(request: FastifyRequest, needs: Pick<ConcertRoutesNeeds, 'stock'>, show: ShowDetail) {
  const [shown] = await shownShows(request, needs, [show])
  return shown ?? refuse('show_unknown')
}

export const viewerOf = ({ principal }: FastifyRequest) => (principal ? { viewer: { userId: principal.userId, role: principal.role } } : {})

/** The header of a change: the version that was looked at. */
export const IfMatch = Type.Object({ 'if-match': Type.Optional(Type.String({ maxLength: 20, description: '"version" of what is changed, in quotes: another change since then is refused with edited_meanwhile' })) })
const versionForm = /^"(\d{1,10})"$/

export function expectedOf({ headers }: FastifyRequest): { expectedVersion?: number } {
  const text = headers['if-match']
  if (text === undefined) return {}
  const version = Number(versionForm.exec(text)?.[1] ?? Number.NaN)
  return version <= intMax ? { expectedVersion: version } : refuse('request_invalid', { detail: 'If-Match is a version in quotes, such as "3"' })
}
