import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Count, Exact } from '../platform/contract.ts'
import { type App, IdParams, organisers } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import { Plan, ShowDetail } from './api.ts'
import { csvOf, planOf } from './plan-csv.ts'
import { byOf, type ConcertRoutesNeeds, expectedOf, IfMatch, planBytesMax } from './answers.ts'

const tags = ['concert']
const PlanView = Exact({ planVersion: Count, sections: Type.Array(Plan.properties.sections.items) })
const Stored = Exact({ planVersion: Count, totals: ShowDetail.properties.totals, version: Count })
const CsvText = Type.String({ minLength: 1, maxLength: planBytesMax, description: 'columns section, kind, row, seats, grade and, if wanted, accessible, companion, restrictedView, aisle, blocked, reason' })

/** The plan of a show as JSON or CSV, both ways; in its own scope, where CSV bodies are read. */
export function planRoutes(app: App, { concert }: ConcertRoutesNeeds) {
  void app.register(async (inner) => {
    const scope = inner as unknown as App
    scope.addContentTypeParser('text/csv', { parseAs: 'string', bodyLimit: planBytesMax }, (_request, text, done) => done(null, text))

    scope.get('/api/shows/:id/plan', {
      config: organisers,
      schema: {
        tags, summary: 'The plan, as JSON or (Accept: text/csv or format=csv) as CSV', params: IdParams,
        querystring: Exact({ format: Type.Optional(Type.Enum(['json', 'csv'])) }),
        response: { 200: { content: { 'application/json': { schema: PlanView }, 'text/csv': { schema: Type.String() } } } },
      },
    }, async (request, reply) => {
      const { planVersion, plan } = await concert.plan({ by: byOf(request), showId: request.params.id })
      if (!wantsCsv(request, request.query.format)) return reply.send({ planVersion, sections: plan?.sections ?? [] })
      return reply.type('text/csv; charset=utf-8').send(csvOf(plan ?? { sections: [] }))
    })

    scope.put('/api/shows/:id/plan', {
      config: organisers,
      bodyLimit: planBytesMax,
      schema: {
        tags, summary: 'The plan of a draft, as JSON or CSV', params: IdParams, headers: IfMatch,
        body: { content: { 'application/json': { schema: Plan }, 'text/csv': { schema: CsvText } } },
        response: { 200: Stored },
      },
    }, async (request) => {
      const plan = typeof request.body === 'string' ? planOf(storable(request.body)) : (request.body as Plan)
      const { planVersion, totals, version } = await concert.setPlan({ by: byOf(request), showId: request.params.id, ...expectedOf(request), plan })
      return { planVersion, totals, version }
    })
  })
}

const wantsCsv = ({ headers }: FastifyRequest, format: string | undefined) =>
  format === 'csv' || (format === undefined && /^\s*text\/csv\b/i.test(headers.accept ?? ''))

const storable = (text: string) =>
  text.includes('\0') || !text.isWellFormed() || text.includes('\uFFFD') ? refuse('request_invalid', { detail: 'the CSV is not UTF-8 text' }) : text
