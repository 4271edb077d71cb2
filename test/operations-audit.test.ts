import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql, { raw } from 'sql-template-tag'
import { must, openSystem, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
after(() => world.close())

test('an operator reads who did what over all services, newest first, page by page, of one thing or of all; nobody else does', async () => {
  const showId = await world.onSale()
  const { token } = world.operator
  const operate = (method: 'POST' | 'PUT', path: string, body: object = {}) => must(world.send(method, `/api/operations/shows/${showId}/${path}`, { token, body }))
  await operate('PUT', 'line', { cap: 7 })
  await operate('POST', 'pause')
  await operate('POST', 'resume')
  await operate('PUT', 'line', { rate: 60, message: 'soon' })

  const audit = async (query: string) => (await must(world.send('GET', `/api/operations/audit?${query}`, { token }))).body
  const all = await audit(`target=${showId}&limit=100`)
  const actions = (all.items as { action: string }[]).map(({ action }) => action)
  assert.deepEqual(actions.slice(0, 5).sort(), ['line.cap', 'line.message', 'line.rate', 'show.pause', 'show.resume'])
  assert.equal(all.next, null)
  assert.deepEqual(all.items.find((act: { action: string }) => act.action === 'line.cap'), {
    at: all.items.find((act: { action: string }) => act.action === 'line.cap').at, service: 'queue', actor: world.operator.userId, action: 'line.cap',
    target: showId, before: { cap: all.items.find((act: { action: string }) => act.action === 'line.cap').before.cap }, after: { cap: 7 },
  })

  const paged: unknown[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = (await audit(`target=${showId}&limit=2${cursor && `&cursor=${cursor}`}`)) as { items: unknown[]; next: string | null }
    paged.push(...page.items)
    cursor = page.next
  }
  assert.deepEqual(paged, all.items)
  const [fan] = await world.fans(1)
  assert.equal((await world.send('GET', '/api/operations/audit', { token: fan?.token ?? '' })).status, 403)
  assert.equal((await world.send('GET', '/api/operations/audit?cursor=nonsense', { token })).status, 400)
})

test('what an audit says stays said: no service has an audit whose rows can be changed or taken away', async () => {
  const tables = await world.db.rows<{ schema: string }>(sql`select table_schema as schema from information_schema.tables where table_name = 'audit' order by 1`)
  assert.deepEqual(tables.map(({ schema }) => schema), ['concert', 'queue', 'reservation', 'seat', 'user'])
  for (const { schema } of tables) {
    const audit = raw(`"${schema}".audit`)
    await assert.rejects(world.db.rows(sql`update ${audit} set at = now()`), /append-only/, schema)
    await assert.rejects(world.db.rows(sql`delete from ${audit}`), /append-only/, schema)
  }
})
