import type { App } from '../platform/http.ts'

/** nginx sets it on what it may ask another gateway as well (deploy/nginx/openrun.conf). */
export const othersHeader = 'other-gateways'

/**
 * A gateway that is about to stop serves on. A balancer before it cannot see its readiness, only failures: so a read that
 * another gateway answers as well is answered 502 at once, and the balancer sends everything elsewhere before the port
 * closes. Connections end with their answer.
 */
export function drainBeforeStop(app: App, isStopping: () => boolean) {
  app.addHook('onRequest', (request, reply, done) => {
    if (!isStopping()) return done()
    reply.header('connection', 'close')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (isRead && request.headers[othersHeader] !== undefined) return void reply.code(502).send()
    done()
  })
}
