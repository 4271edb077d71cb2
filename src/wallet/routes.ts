import Type from 'typebox'
import { Exact, PositiveWon, Text, Won } from '../platform/contract.ts'
import { type App, cutPage, decodeCursor, IdParams, IsoInstant, idOfCreated, iso, Nullable, Page, principalOf, Uuid } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import { Entry, type TopUp, type WalletApi } from './api.ts'

const Errand = Exact({
  id: Uuid,
  amount: Won,
  status: Type.Union([Type.Literal('pending'), Type.Literal('done'), Type.Literal('declined')]),
  createdAt: IsoInstant,
})
const Amount = Exact({ amount: PositiveWon, source: Type.Optional(Text(64)) })
const WalletView = Exact({ balance: Won, currency: Type.Literal('KRW'), pendingTopUps: Type.Array(Errand) })
const EntryView = Exact({ ...Entry.properties, at: IsoInstant })
const Entries = Exact({ items: Type.Array(EntryView), nextCursor: Nullable(Type.String()) })

const shown = ({ createdAt, ...rest }: TopUp) => ({ ...rest, createdAt: iso(createdAt) })

/** The caller's own wallet. Money is integer won; a top-up or withdrawal that waits for the bank answers 202 and Location. */
export function walletRoutes(app: App, { wallet, newId }: { wallet: WalletApi; newId: () => string }) {
  const access = { allow: 'signed-in' } as const
  const paying = { allow: 'signed-in', live: true } as const
  const tags = ['wallet']

  app.get('/api/wallet', {
    config: { access },
    schema: { tags, summary: 'My balance, and what the bank has not answered yet', response: { 200: WalletView } },
  }, async (request) => {
    const { userId } = principalOf(request)
    const [{ balance, currency }, { topUps }] = await Promise.all([wallet.balance({ userId }), wallet.pendingTopUps({ userId })])
    return { balance, currency, pendingTopUps: topUps.map(shown) }
  })

  app.post('/api/wallet/top-ups', {
    config: { access: paying },
    schema: { tags, summary: 'Add money', body: Amount, response: { 201: Errand, 202: Errand } },
  }, async (request, reply) => {
    const topUpId = idOfCreated(request, 'top-ups', newId)
    const topUp = await wallet.topUp({ topUpId, userId: principalOf(request).userId, ...request.body })
    if (topUp.status === 'declined') return refuse('top_up_declined', { topUpId: topUp.id })
    reply.header('location', `/api/wallet/top-ups/${topUp.id}`)
    return reply.code(topUp.status === 'pending' ? 202 : 201).send(shown(topUp))
  })

  app.get('/api/wallet/top-ups/:id', {
    config: { access },
    schema: { tags, summary: 'How far a top-up is', params: IdParams, response: { 200: Errand } },
  }, async (request) => shown(await wallet.topUpOf({ topUpId: request.params.id, userId: principalOf(request).userId })))

  app.post('/api/wallet/withdrawals', {
    config: { access: paying },
    schema: { tags, summary: 'Send money back to where it came from', body: Amount, response: { 201: Errand, 202: Errand } },
  }, async (request, reply) => {
    const withdrawalId = idOfCreated(request, 'withdrawals', newId)
    const withdrawal = await wallet.withdraw({ withdrawalId, userId: principalOf(request).userId, ...request.body })
    if (withdrawal.status === 'declined') return refuse('withdrawal_declined', { withdrawalId: withdrawal.id })
    reply.header('location', `/api/wallet/withdrawals/${withdrawal.id}`)
    return reply.code(withdrawal.status === 'pending' ? 202 : 201).send(shown(withdrawal))
  })

  app.get('/api/wallet/withdrawals/:id', {
    config: { access },
    schema: { tags, summary: 'How far a withdrawal is', params: IdParams, response: { 200: Errand } },
  }, async (request) => shown(await wallet.withdrawalOf({ withdrawalId: request.params.id, userId: principalOf(request).userId })))

  app.get('/api/wallet/entries', {
    config: { access },
    schema: { tags, summary: 'Every movement of my money, newest first', querystring: Exact(Page), response: { 200: Entries } },
  }, async (request) => {
    const { cursor, limit = 20 } = request.query
    const before = beforeOf(cursor)
    const { entries } = await wallet.entries({ userId: principalOf(request).userId, limit: limit + 1, ...(before ? { before } : {}) })
    const { page, nextCursor } = cutPage(entries, limit, (last) => [last.id])
    return { items: page.map((entry) => ({ ...entry, at: iso(entry.at) })), nextCursor }
  })
}

function beforeOf(cursor: string | undefined): number | undefined {
  const [before] = decodeCursor(cursor, 1) ?? []
  if (before === undefined || (typeof before === 'number' && before > 0)) return before
  return refuse('request_invalid', { detail: 'cursor' })
}
