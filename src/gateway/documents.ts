import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { App } from '../platform/http.ts'
import { guardPage } from './web.ts'

const description = 'Concert ticketing that stays correct, fair and fast when everybody comes at once.'
const securitySchemes = {
  session: { type: 'http' as const, scheme: 'bearer' },
  pass: { type: 'apiKey' as const, in: 'header' as const, name: 'Pass', description: 'from POST /api/shows/:id/queue/pass' },
}
/** The one style that the library's page writes itself, word by word as its version of package.json writes it. */
const ownStyle = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"
/** What that page needs: files of this server, its answers, and the icons that stand in its styles. */
const sources = `script-src 'self'; style-src 'self' ${ownStyle}; img-src 'self' data:; connect-src 'self'`

/** The API as a document, made of the routes, and a page at /docs that reads it and tries it out, as strictly kept as the app's own. */
export async function documentRoutes(app: App, { secure }: { secure: boolean }) {
  await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'Openrun', version: '1', description }, components: { securitySchemes } } })
  await app.register(async (page) => {
    page.addHook('onRequest', (_request, reply, done) => {
      guardPage(reply, secure, sources)
      done()
    })
    // a validator's badge would tell a stranger's server who reads this
    await page.register(swaggerUi, { routePrefix: '/docs', uiConfig: { validatorUrl: null } })
  })
}
