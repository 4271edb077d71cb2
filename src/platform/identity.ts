import { hash } from 'node:crypto'
import { v5 } from 'uuid'

const namespace = '6f70656e-7275-5e21-8000-000000000001'

/** The id of what a creating request makes: UUIDv5 of its parts, so that a repeat names the same thing. */
export const namedId = (...parts: string[]) => v5(parts.join('\u001f'), namespace)

/** A stable hash of a request's meaning (keys sorted), kept beside what it made: another body under one key is refused. */
export const requestHash = (request: unknown) => hash('sha256', canonical(request), 'base64url').slice(0, 22)

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return `{${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`
}
