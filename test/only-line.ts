import { createHash, randomUUID } from 'node:crypto'
import { createOpenPasses } from '../src/queue/open-pass.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

const hour = 3_600_000
/** The keys of test/system.ts: what signs like this server. */
export const signer = createOpenPasses([{ id: 't', secret: 'p'.repeat(40) }])
export const stranger = createOpenPasses([{ id: 't', secret: 'q'.repeat(40) }])

/** The line alone, before a shop of somebody else. */
export const openLine = (more: { time?: { now: number } } = {}) => openSystem({ absent: ['seat', 'wallet', 'reservation', 'payment'], ...more })

/** A show that needs nothing but times and a window, with a line that is open. */
export async function showOf(world: TestSystem, { ticketsPerUserMax = 2 } = {}): Promise<string> {
  const by = { token: world.operator.token }
  const concert = await must(world.send('POST', '/api/concerts', { ...by, body: { title: '다른 곳에서 파는 공연', venue: '시험장' } }))
  const at = (ms: number) => new Date(world.time.now + ms).toISOString()
  const windows = [{ name: '일반예매', opensAt: at(-hour), closesAt: at(240 * hour), audience: 'everyone', sections: null }]
  const body = { startsAt: at(480 * hour), endsAt: at(482 * hour), timeZone: 'Asia/Seoul', ticketsPerUserMax, windows }
  const show = await must(world.send('POST', `/api/concerts/${concert.body.id}/shows`, { ...by, body }))
  await must(world.send('POST', `/api/shows/${show.body.id}/publish`, by))
  await world.settle()
  return show.body.id
}

export async function shopKey(world: TestSystem, name = 'toy shop'): Promise<string> {
  const made = await must(world.send('POST', '/api/shops', { token: world.operator.token, body: { name } }))
  return made.body.key
}

export const capOf = (world: TestSystem, showId: string, cap: number) =>
  must(world.send('PUT', `/api/operations/shows/${showId}/line`, { token: world.operator.token, body: { cap } }))

/** What a shop tells of a buyer. */
export const tell = (world: TestSystem, showId: string, key: string, body: { userId: string; seats: number; done?: boolean }, idempotencyKey: string = randomUUID()) =>
  world.send('POST', `/api/shows/${showId}/purchases`, { headers: { 'shop-key': key }, key: idempotencyKey, body })

export const place = async (world: TestSystem, { token }: Person, showId: string) => (await world.send('GET', `/api/shows/${showId}/queue/me`, { token })).body

export const claimsOf = (pass: string) => JSON.parse(Buffer.from(pass.split('.')[1] ?? '', 'base64url').toString())
export const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')
