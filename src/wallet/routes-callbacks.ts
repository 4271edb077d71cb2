import type { Bulkhead } from '../platform/bulkhead.ts'
import { Exact, Text } from '../platform/contract.ts'
import type { App } from '../platform/http.ts'
import type { Metrics } from '../platform/metrics.ts'
import { refuse } from '../platform/outcome.ts'
import { verifyWebhook } from '../platform/webhook.ts'
import { walletOperations, type WalletApi } from './api.ts'

type Needs = {
  wallet: Pick<WalletApi, 'callback'>
  /** of each provider, what may sign for it */
  secrets: ReadonlyMap<string, readonly string[]>
  bulkhead: Bulkhead
  metrics: Metrics
  now: () => number
}
const { provider: _, ...Told } = walletOperations.callback.input.properties
const bodyBytesMax = 8 * 1_024

declare module 'fastify' {
  interface FastifyRequest {
    /** the body as it was sent: what is signed are its bytes */
    rawBody?: string
  }
}

/**
 * Where providers of payment tell their answers. It shares no budget and no room with buyers: an on-sale cannot keep
 * "paid" waiting, and a provider that repeats everything at once cannot stop a sale.
 */
export async function callbackRoutes(app: App, { wallet, secrets, bulkhead, metrics, now }: Needs): Promise<void> {
  await app.register(async (plain) => {
    const scope = plain as unknown as App
    scope.removeContentTypeParser('application/json')
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
      request.rawBody = text as string
      try {
        done(null, text === '' ? undefined : JSON.parse(text as string))
      } catch {
        done(Object.assign(new Error('the body is not JSON'), { statusCode: 400 }))
      }
    })
    scope.post('/api/providers/:name/callbacks', {
      config: { access: { allow: 'public' }, limit: 'callback' },
      bodyLimit: bodyBytesMax,
      // before the form is looked at: who did not sign learns nothing of it
      preValidation: (request, _reply, done) => {
        const known = secrets.get((request.params as { name: string }).name) ?? refuse('not_found')
        const header = (name: string) => String(request.headers[`webhook-${name}`] ?? '')
        const message = { id: header('id'), timestamp: header('timestamp'), signature: header('signature'), body: request.rawBody ?? '' }
        const verdict = verifyWebhook(known, message, now())
        if (verdict !== 'valid') metrics.callbacks.inc({ effect: verdict })
        if (verdict === 'invalid') refuse('callback_signature_invalid')
        if (verdict === 'late') refuse('callback_late')
        done()
      },
      schema: {
        tags: ['wallet'],
        summary: 'A provider tells how a payment of ours ended; headers webhook-id, webhook-timestamp, webhook-signature (Standard Webhooks)',
        params: Exact({ name: Text(40) }),
        body: Exact(Told),
        response: { 200: walletOperations.callback.output },
      },
    }, async (request) => {
      const answer = await bulkhead.run(() => wallet.callback({ provider: request.params.name, ...request.body }))
      metrics.callbacks.inc({ effect: answer.reason ?? answer.effect })
      // somebody's books are wrong, and no repeat will mend them
      if (answer.reason === 'different') request.log.error({ provider: request.params.name, ...request.body }, 'a provider told something else than we know')
      return answer
    })
  })
}
