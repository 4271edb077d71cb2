import Type, { type Static } from 'typebox'
import type { FastifyInstance } from 'fastify'
import { Exact, Id } from './platform/contract.ts'
import { sqlState } from './platform/database.ts'
import { type ServiceName, serviceNames } from './services.ts'
import { type DatabaseOf, type Looking, merged, verifyAcross, type VerifyReport } from './verify.ts'
import { type AnyExport, exportsBy, exportsOfService } from './verify-exports.ts'

const aliveTimeoutMs = 15_000
const answerTimeoutMs = 300_000

const Row = Type.Record(Type.String({ maxLength: 40 }), Type.Union([Type.String({ maxLength: 100 }), Type.Number(), Type.Boolean(), Type.Null()]), { maxProperties: 10 })
const Argument = Type.Union([Type.Null(), Type.Integer({ minimum: 0 }), Type.Enum(['payment', 'refund']), Row, Type.Array(Type.Union([Id, Row]), { maxItems: 1_000 })])
const Question = Exact({ args: Type.Array(Argument, { maxItems: 3 }) })

/** What this process can say to a verification of all of them: which services it runs, which there are none of, and what they export. */
export function exportRoutes(app: FastifyInstance, { services, absent, dbOf }: { services: ServiceName[]; absent: ServiceName[]; dbOf: DatabaseOf }) {
  app.get('/services', async () => ({ services, absent }))
  app.post<{ Params: { service: string; name: string }; Body: Static<typeof Question> }>('/exports/:service/:name', { schema: { body: Question }, bodyLimit: exportBytesMax }, async (request, reply) => {
    const service = services.find((own) => own === request.params.service)
    const exports = service ? exportsOfService(service) : {}
    if (!service || !Object.hasOwn(exports, request.params.name)) return reply.code(404).send({ code: 'not_found' })
    // JSON has no undefined
    const args = request.body.args.map((argument) => argument ?? undefined)
    try {
      return packed(await (exports[request.params.name] as AnyExport)(dbOf(service), ...(args as never[])))
    } catch (error) {
      if (sqlState(error)?.startsWith('22')) return reply.code(400).send({ code: 'request_invalid' })
      throw error
    }
  })
}
const exportBytesMax = 1024 * 1024

type Packed = { map: [unknown, unknown][] } | { set: unknown[] } | { rows: unknown }
const packed = (value: unknown): Packed => (value instanceof Map ? { map: [...value] } : value instanceof Set ? { set: [...value] } : { rows: value })
const unpacked = (value: Packed): unknown => ('map' in value ? new Map(value.map) : 'set' in value ? new Set(value.set) : value.rows)

export type Process = { url: string; services: ServiceName[]; absent: ServiceName[] }

/** What runs at these operations ports; who does not answer soon is named among the failures. */
export async function processesAt(opsUrls: string[]): Promise<{ processes: Process[]; failures: string[] }> {
  const asked = await Promise.allSettled(opsUrls.map(whatRuns))
  return {
    processes: asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
    failures: asked.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason)] : [])),
  }
}

/** What everybody who was asked says there is none of. */
export const absentIn = (processes: Process[]): ReadonlySet<ServiceName> =>
  new Set(serviceNames.filter((name) => processes.length > 0 && processes.every((each) => each.absent.includes(name))))

/**
 * Verifies a system of one or many processes by their operations ports: each service's own data by one of its replicas,
 * and what several have to agree on here, from what they export. What no process answers for is an error of the report.
 */
export async function verifyProcesses(opsUrls: string[], looking: Looking): Promise<VerifyReport> {
  const { processes, failures } = await processesAt(opsUrls)
  const whole = processes.find(({ services, absent }) => serviceNames.every((name) => services.includes(name) || absent.includes(name)))
  if (whole) return post(`${whole.url}/verify`)
  const reports: VerifyReport[] = []
  const covered = new Set<ServiceName>()
  for (const { url, services } of processes.filter((each) => each.services.length > 0)) {
    if (services.every((name) => covered.has(name))) continue
    try {
      reports.push(await post<VerifyReport>(`${url}/verify`))
      for (const name of services) covered.add(name)
    } catch (error) {
      failures.push(String(error))
    }
  }
  const absent = absentIn(processes)
  const errors = serviceNames.filter((name) => !covered.has(name) && !absent.has(name)).map((name) => ({ name: `everything of ${name}`, error: `no process answers for it. ${failures.join('; ')}` }))
  const across = await verifyAcross(exportsBy((service, name, args) => askAny(processes, service, name, args)), looking, absent)
  return merged([...reports, across, { services: [], checks: 0, violations: [], errors }])
}

async function whatRuns(opsUrl: string): Promise<Process> {
  const url = opsUrl.replace(/\/+$/, '')
  const response = await fetch(`${url}/services`, { signal: AbortSignal.timeout(aliveTimeoutMs) }).catch(fail(url))
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  const { services, absent } = (await response.json()) as { services: ServiceName[]; absent: ServiceName[] }
  return { url, services, absent }
}

async function askAny(processes: Process[], service: ServiceName, name: string, args: unknown[]): Promise<unknown> {
  let failure: unknown = new Error(`no process runs ${service}`)
  for (const { url } of processes.filter(({ services }) => services.includes(service))) {
    try {
      return unpacked(await post<Packed>(`${url}/exports/${service}/${name}`, { args: args.map((argument) => argument ?? null) }))
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

async function post<Answer>(url: string, body?: unknown): Promise<Answer> {
  const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(answerTimeoutMs), ...json }).catch(fail(url))
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return (await response.json()) as Answer
}

const fail = (url: string) => (error: Error): never => {
  throw new Error(`${url} was not reached: ${error.cause instanceof Error ? error.cause.message : error.message}`)
}
