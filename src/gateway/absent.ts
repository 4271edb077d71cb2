import type { FastifyInstance } from 'fastify'
import type { Api, Operations } from '../platform/contract.ts'
import type { App } from '../platform/http.ts'
import { Refusal, refuse } from '../platform/outcome.ts'

/** The caller of a service this installation does not have: every call is refused `service_absent`, nothing happens. */
export function absentApi<Ops extends Operations>(service: string, operations: Ops): Api<Ops> {
  const call = () => Promise.reject(new Refusal('service_absent', { service }))
  return Object.fromEntries(Object.keys(operations).map((name) => [name, call])) as unknown as Api<Ops>
}

/**
 * Mounts the routes of a service that is not here so that they say so, to everybody and whatever is sent: a client that
 * expects them is told more than that the address is wrong. They stand in no document.
 */
export async function mountAbsent(app: App, service: string, routes: (scope: App) => void): Promise<void> {
  await app.register(async (scope: FastifyInstance) => {
    // Fastify makes the HEAD route of a GET from its options after this hook
    scope.addHook('onRoute', (route) => {
      route.schema = { hide: true }
      route.config = { ...route.config, access: { allow: 'public' }, limit: 'read' }
      route.handler = () => refuse('service_absent', { service })
    })
    routes(scope as unknown as App)
  })
}
