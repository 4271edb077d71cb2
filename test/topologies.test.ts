import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import sql from 'sql-template-tag'
import { seeded } from '../src/crowd/random.ts'
import { openPostgres } from '../src/platform/database.ts'
import { contention, journeys } from './journeys.ts'
import { type Running, type Rush, topologies } from './topology.ts'

for (const { name, skip, open } of topologies) suite(name, { skip }, () => {
  let shop: Running
  before(async () => {
    shop = await open()
  })
  after(() => shop?.close())

  for (const [sentence, journey] of Object.entries(journeys)) test(sentence, () => journey(shop))

  test('buyers who want the same seats at once get each seat once', () => contention(shop, { random: seeded(7) }))

  test('processes killed in the middle of a sale cost nobody a place, a seat or money', async () => {
    const crowd = shop.rush('--fans', '150', '--seats', '80', '--seconds', '6')
    await crowd.selling
    await shop.kill()
    const { report, status, stderr } = await crowd.ended
    assertSound({ report, status, stderr }, 80)
    if (!shop.services) return assert.ok(report.unknowns > 0, 'somebody met a process that was away')
    assert.equal(report.unknowns, 0, 'the other replica answered')
    assert.equal(report.refusals.outcome_unknown ?? 0, 0, 'the other replica answered')
  })

  test('processes that are told to stop and start again, one after the other, cost nobody an answer', { skip: !name.includes('replicas') && 'one process is away while it starts' }, async () => {
    const crowd = shop.rush('--fans', '60', '--seats', '60', '--seconds', '20')
    await crowd.selling
    await shop.services?.rollingRestart({ only: ({ name: service, index }) => service === 'gateway' || (index === 0 && ['seat', 'payment'].includes(service)) })
    const rushed = await crowd.ended
    assertSound(rushed)
    assert.equal(rushed.report.unknowns, 0)
    assert.deepEqual(Object.keys(rushed.report.refusals).filter((code) => ['outcome_unknown', 'overloaded', 'none'].includes(code)), [])
  })

  test('a violation in a database that only one service has is found; what cannot be asked is no success', { skip: !name.includes('replicas') && 'there is one database' }, async () => {
    const verify = (opsUrls: string[]) => shop.verify(opsUrls)
    assert.deepEqual((await verify(shop.opsUrls)).status, 0)
    const seats = openPostgres(shop.databases.get('seat') as string)
    const [sold] = await seats.rows<{ showId: string; id: number; reservationId: string }>(sql`select show_id as "showId", id, reservation_id as "reservationId" from seat.seats where status = 3 limit 1`)
    assert.ok(sold)
    const change = (reservationId: string) => seats.rows(sql`update seat.seats set reservation_id = ${reservationId} where show_id = ${sold.showId} and id = ${sold.id}`)
    await change(randomUUID())
    const found = await verify(shop.opsUrls)
    await change(sold.reservationId)
    await seats.close()
    assert.equal(found.status, 1)
    // the seat without its line, and the line without its seat
    assert.deepEqual([...new Set(found.report.violations.map(({ id }: { id: string }) => id))], ['I1'])
    const withoutSeat = await verify(shop.opsUrls.filter((url) => !shop.services?.replicas.some((replica) => replica.name === 'seat' && replica.opsUrl === url)))
    assert.equal(withoutSeat.status, 2)
    assert.ok(withoutSeat.report.errors.some(({ name: what }: { name: string }) => what === 'everything of seat'))
  })
})

function assertSound({ report, status, stderr }: Rush, seats?: number) {
  const { sold, paid, soldTwice, unexpected, lost, violations } = report
  assert.deepEqual({ soldTwice, unexpected, lost, violations }, { soldTwice: 0, unexpected: 0, lost: { places: 0, holds: 0, payments: 0 }, violations: [] }, stderr.slice(-2_000))
  assert.equal(paid, sold)
  if (seats !== undefined) assert.equal(sold, seats, stderr.slice(-2_000))
  assert.ok(sold > 0)
  assert.equal(status, 0)
}
