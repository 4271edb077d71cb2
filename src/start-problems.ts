import { ConfigError } from './config.ts'
import { isConnectionLost, sqlState } from './platform/database.ts'

type SystemError = Error & { code?: string; port?: number; address?: string; path?: string; errors?: Error[] }

const unreachable = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH'])
// wrong password or role; no such database
const refusedStates = /^(28|3D)/
const saidByOurselves = /^(data directory |another whole Openrun process |database has unknown migrations )/

/** What keeps a process from starting, with the way out, when somebody can do something about it; a bug is undefined and wants its stack. */
export function startProblemOf(thrown: unknown): string | undefined {
  if (thrown instanceof ConfigError) return thrown.message
  if (!(thrown instanceof Error)) return undefined
  const error = thrown as SystemError
  if (error.code === 'EADDRINUSE') return `- port ${error.port} of ${error.address} is in use: end what listens there, or set PORT or OPS_PORT to another one (0 takes a free one)`
  if (error.code === 'EACCES' && error.port !== undefined) return `- port ${error.port} of ${error.address} may not be listened on by this user; ports above 1023 may`
  if (error.code === 'EADDRNOTAVAIL') return `- this machine has no address ${error.address}: look at HOST and OPS_HOST`
  if (error.path !== undefined && error.code !== undefined) return `- DATA_DIR: ${error.message}`
  if (saidByOurselves.test(error.message)) return `- ${error.message}`
  if (isConnectionLost(error) || unreachable.has(error.code ?? '') || refusedStates.test(sqlState(error) ?? ''))
    return `- DATABASE_URL: ${error.message || error.errors?.[0]?.message || error.code}`
  return undefined
}
