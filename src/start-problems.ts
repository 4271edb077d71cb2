import { ConfigError } from './config.ts'
import { isConnectionLost, sqlState } from './platform/database.ts'
import { UnknownOutcome } from './platform/outcome.ts'
import { LockHeld } from './platform/process-lock.ts'

type SystemError = Error & { code?: string; port?: number; address?: string; path?: string; errors?: Error[] }

const unreachable = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH'])
// wrong password or role; no such database
const refusedStates = /^(28|3D)/
const saidByOurselves = /^(data directory |database has unknown migrations )/

/** What keeps a process from starting, with the way out, when somebody can do something about it; a bug is undefined and wants its stack. */
export function startProblemOf(thrown: unknown): string | undefined {
  if (thrown instanceof ConfigError) return thrown.message
  if (!(thrown instanceof Error)) return undefined
  const error = thrown as SystemError
  if (error.code === 'EADDRINUSE') return `- port ${error.port} of ${error.address} is in use: end what listens there, or set PORT, OPS_PORT or INNER_PORT to another one (0 takes a free one)`
  if (error.code === 'EACCES' && error.port !== undefined) return `- port ${error.port} of ${error.address} may not be listened on by this user; ports above 1023 may`
  if (error.code === 'EADDRNOTAVAIL') return `- this machine has no address ${error.address}: look at HOST, OPS_HOST and INNER_HOST`
  if (error.path !== undefined && error.code !== undefined) return `- DATA_DIR: ${error.message}`
  if (error instanceof LockHeld || saidByOurselves.test(error.message)) return `- ${error.message}`
  if (isConnectionLost(error) || error instanceof UnknownOutcome || unreachable.has(error.code ?? '') || refusedStates.test(sqlState(error) ?? ''))
    return `- DATABASE_URL: ${error.message || error.errors?.[0]?.message || error.code}`
  // a migration, say, that the database did not answer
  return error.cause === undefined ? undefined : startProblemOf(error.cause)
}
