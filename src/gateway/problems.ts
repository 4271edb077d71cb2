import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isConnectionLost } from '../platform/database.ts'
import type { Metrics } from '../platform/metrics.ts'
import { Refusal, type RefusalParams, UnknownOutcome } from '../platform/outcome.ts'
import { catalogue } from './catalogue.ts'

const retryAfterSecondsDefault = 1

/** Sends an RFC 9457 problem: status and sentences from the catalogue, parameters of the refusal beside them. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, code: string, params: RefusalParams = {}) {
  const entry = catalogue[code]
  if (!entry) throw new Error(`refusal ${code} is not in the catalogue`)
  const korean = /^\s*ko\b/i.test(request.headers['accept-language'] ?? '')
  // what a program should do next stands beside the sentence for people, not in its place
  const { next: action, ...rest } = params
  const retryAfter = params.retryAfterSeconds ?? (entry.status === 503 || entry.status === 429 ? retryAfterSecondsDefault : undefined)
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  return reply
    .code(entry.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(
      JSON.stringify({
        type: `/docs/errors#${code}`,
        title: korean ? entry.ko : entry.en,
        status: entry.status,
        code,
        next: korean ? entry.next.ko : entry.next.en,
        requestId: request.id,
        ...(action === undefined ? {} : { action }),
        ...rest,
      }),
    )
}

export function problemHandler(metrics: Metrics) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => {
    const [code, params] = codeOf(error)
    metrics.refusals.inc({ code })
    if (code === 'internal_error' || code === 'outcome_unknown') request.log.error({ err: error, requestId: request.id }, code)
    return sendProblem(request, reply, code, params)
  }
}

function codeOf(error: FastifyError | Error): [code: string, params?: RefusalParams] {
  if (error instanceof Refusal) return [error.code, error.params]
  // a database that is away is nobody's mistake and comes back
  if (error instanceof UnknownOutcome || isConnectionLost(error)) return ['outcome_unknown']
  if ('validation' in error && error.validation) return ['request_invalid', { detail: error.message }]
  const code = 'code' in error ? error.code : ''
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return ['body_too_large']
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return ['media_type_unsupported']
  if ('statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500) return ['request_invalid', { detail: error.message }]
  return ['internal_error']
}
