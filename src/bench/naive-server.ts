import fastify from 'fastify'
import sql from 'sql-template-tag'
import Type from 'typebox'
import { Exact } from '../platform/contract.ts'
import { type Database, openPostgres } from '../platform/database.ts'
import { openEmbedded } from '../platform/embedded.ts'

/**
 * The limits that ours is measured against, as a process of its own: `POST /null` takes the request of a hold, validates
 * it and answers like one; `POST /hold` holds one seat in the reference way, one transaction a request with
 * SELECT … FOR UPDATE.
 * Arguments: `null`, `pglite <directory>` or `postgres <url>`, and how many seats; prints its port.
 */
const [engine = 'null', where = '', seatsCount = '50000'] = process.argv.slice(2)
const quotaMax = 4
const connectionsMax = 20
const showId = crypto.randomUUID()

const app = fastify()
const Body = Exact({ seatIds: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 8, uniqueItems: true }) })
const Answer = Exact({ id: Type.String(), seatIds: Type.Array(Type.Integer()), until: Type.String() })
/** as long as the answer to one of our holds */
const LongAnswer = Exact({
  id: Type.String(), showId: Type.String(), seatIds: Type.Array(Type.Integer()), until: Type.String(), extensionsLeft: Type.Integer(),
  seats: Type.Array(Exact({ seatId: Type.Integer(), section: Type.String(), row: Type.String(), number: Type.String(), grade: Type.String(), kind: Type.String() })),
  reservationId: Type.Null(), fellBack: Type.Boolean(),
})
const schema = { body: Body, response: { 201: Answer, 409: Exact({ code: Type.String() }) } }

app.post('/null', { schema: { body: Body, response: { 201: LongAnswer } } }, async (request, reply) => {
  const { seatIds } = request.body as { seatIds: number[] }
  const seats = seatIds.map((seatId) => ({ seatId, section: 'S1', row: '1', number: '1', grade: 'R', kind: 'seated' }))
  const until = new Date().toISOString()
  return reply.code(201).send({ id: crypto.randomUUID(), showId, seatIds, seats, until, extensionsLeft: 10, reservationId: null, fellBack: false })
})
if (engine !== 'null') {
  const db = engine === 'postgres' ? openPostgres(where, { connectionsMax }) : await openEmbedded(where)
  await prepare(db)
  app.post('/hold', { schema }, async (request, reply) => {
    const { seatIds } = request.body as { seatIds: number[] }
    const hold = await holdOne(db, seatIds[0] ?? 0, request.headers.authorization ?? '')
    return hold ? reply.code(201).send(hold) : reply.code(409).send({ code: 'seat_taken' })
  })
}
await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${(app.server.address() as { port: number }).port}\n`)
process.on('SIGTERM', () => process.exit(0))

async function prepare(db: Database) {
  await db.transaction((tx) => tx.script(`
    create schema naive;
    create table naive.seats (id int primary key, status smallint not null default 0, hold_id uuid) with (fillfactor = 70);
    create table naive.holds (id uuid primary key, user_id text not null, seat_id int not null, until timestamptz not null);
    create table naive.quotas (user_id text primary key, seats int not null);
    insert into naive.seats (id) select * from generate_series(1, ${Number(seatsCount)});
    analyze naive.seats`))
}

async function holdOne(db: Database, seatId: number, userId: string) {
  const id = crypto.randomUUID()
  const until = new Date(Date.now() + 300_000)
  const held = await db.transaction(async (tx) => {
    const [seat] = await tx.rows<{ status: number }>(sql`select status from naive.seats where id = ${seatId} for update`)
    if (seat?.status !== 0) return false
    const [quota] = await tx.rows<{ seats: number }>(sql`select seats from naive.quotas where user_id = ${userId} for update`)
    if ((quota?.seats ?? 0) >= quotaMax) return false
    await tx.rows(sql`insert into naive.quotas (user_id, seats) values (${userId}, 1) on conflict (user_id) do update set seats = naive.quotas.seats + 1`)
    await tx.rows(sql`insert into naive.holds values (${id}, ${userId}, ${seatId}, ${until})`)
    await tx.rows(sql`update naive.seats set status = 1, hold_id = ${id} where id = ${seatId}`)
    return true
  })
  return held ? { id, seatIds: [seatId], until: until.toISOString() } : undefined
}
