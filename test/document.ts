import { randomUUID } from 'node:crypto'
import { isWebPath } from '../src/gateway/web.ts'
import type { TestSystem } from './system.ts'

export type Schema = { pattern?: string; type?: string; properties?: Record<string, Schema>; anyOf?: Schema[]; required?: string[]; items?: Schema; enum?: unknown[]; const?: unknown; format?: string; minimum?: number; minLength?: number }
type Parameter = { in: string; name: string; required?: boolean; schema: Schema }
export type Route = { method: string; path: string; body: Schema | undefined; queries: Parameter[]; open: boolean; endless: boolean }
type Operation = { requestBody?: { content: Record<string, { schema: Schema }> }; parameters?: Parameter[]; security?: unknown[] }

/** Every route of the OpenAPI document; `open` to callers without a session; `endless` ones are streams, which only a connection can end. */
export function routesOf(world: TestSystem): Route[] {
  const document = world.system.app.swagger() as unknown as { paths: Record<string, Record<string, Operation>> }
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(), path,
      body: operation.requestBody?.content['application/json']?.schema,
      queries: (operation.parameters ?? []).filter((parameter) => parameter.in === 'query'),
      open: !operation.security,
      endless: path.endsWith('/stream'),
    })))
}

/** `METHOD /path/{id}` of every route the server has, from the router itself: pages, the documents' own and HEAD left out. */
export function routesServed(world: TestSystem): string[] {
  const parts: string[] = []
  return world.system.app.printRoutes({ commonPrefix: false }).split('\n').flatMap((line) => {
    const found = /^([│ ├└─]*)(\S+) \(([A-Z, ]+)\)$/.exec(line)
    if (!found) return []
    const [, indent = '', part = '', methods = ''] = found
    parts.splice(indent.length / 4 - 1, Infinity, part)
    if (isWebPath(parts.join(''))) return []
    const path = parts.join('').replace(/:(\w+)/g, '{$1}')
    // pages for people are not of the API
    if (path.startsWith('/docs') || path.startsWith('/draw-proof') || path === '/audit-proof' || path === '/openapi.json') return []
    return methods.split(', ').filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`)
  })
}

/** A body that fits the schema; `named` says what stands under a name, else ids name nothing. */
export function exampleOf(schema: Schema, named: Record<string, unknown> = {}, optional = false): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  if (schema.anyOf) return exampleOf(schema.anyOf[0] as Schema, named, optional)
  if (schema.type === 'object') {
    const wanted = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name) || (optional && name in named))
    return Object.fromEntries(wanted.map(([name, inner]) => [name, name in named ? named[name] : exampleOf(inner, named, optional)]))
  }
  if (schema.type === 'array') return schema.items ? [exampleOf(schema.items, named, optional)] : []
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(1, schema.minimum ?? 1)
  if (schema.type === 'boolean') return false
  if (schema.pattern?.startsWith('^[0-9a-f]{8}-')) return randomUUID()
  if (schema.format === 'date-time') return '2027-06-01T10:00:00Z'
  if (schema.format === 'email') return 'someone@test.example'
  return 'x'.repeat(Math.max(schema.minLength ?? 1, 8))
}
