import { once } from 'node:events'
import type { Server } from 'node:http'
import express from 'express'

type Options = { line: string; show: string; shopKey: string; stock: number; ticketsMax: number }
export type Sale = { user: string; no: number; seats: number }
export type ToyShop = Awaited<ReturnType<typeof openToyShop>>

/**
 * A shop of somebody else: its stock is a number in memory, its door the verifier of docs/verifiers. It calls its buyers by
 * the id of the line, and tells the line of each sale before it answers.
 */
export async function openToyShop({ line, show, shopKey, stock, ticketsMax }: Options) {
  const sales: Sale[] = []
  const state = { left: stock, mostAtOnce: 0 }
  let busy = 0
  const { passOf } = await import('../docs/verifiers/express.js' as string)
  const shop = express()
  shop.use(passOf({ line, show, shopKey, userOf: (request: express.Request) => request.get('x-user') }))
  shop.post('/buy/:seats', async (request, response) => {
    const seats = Number(request.params.seats)
    const user = request.get('x-user') as string
    const no = JSON.parse(Buffer.from((request.get('pass') as string).split('.')[1] as string, 'base64url').toString()).no as number
    const mine = sales.filter((sale) => sale.user === user).reduce((sum, sale) => sum + sale.seats, 0)
    if (mine + seats > ticketsMax || seats > state.left) return void response.sendStatus(409)
    state.mostAtOnce = Math.max(state.mostAtOnce, ++busy)
    state.left -= seats
    sales.push({ user, no, seats })
    const told = await fetch(`${line}/api/shows/${show}/purchases`, {
      method: 'POST', body: JSON.stringify({ userId: user, seats }),
      headers: { 'shop-key': shopKey, 'content-type': 'application/json', 'idempotency-key': `sale-${sales.length}` },
    })
    busy--
    response.status(told.ok ? 201 : 502).json({ left: state.left })
  })
  const server: Server = shop.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  return {
    sales, state,
    /** status of buying so many seats with this pass */
    buy: async (user: string, pass: string | undefined, seats: number): Promise<number> => {
      const response = await fetch(`${url}/buy/${seats}`, { method: 'POST', headers: { 'x-user': user, ...(pass === undefined ? {} : { pass }) } })
      await response.arrayBuffer()
      return response.status
    },
    close: () => void server.close(),
  }
}
