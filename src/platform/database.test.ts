import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import sql, { raw } from 'sql-template-tag'
import { openClock } from './clock.ts'
import { at, type Database, isConnectionLost, openPostgres, sqlState } from './database.ts'
import { outsideTransaction, refuseInTransaction } from './database.ts'
import { dumpTemplate, openEmbedded } from './embedded.ts'
import { migrate } from './migrate.ts'
import { UnknownOutcome } from './outcome.ts'

const serverUrl = process.env.TEST_DATABASE_URL
const server = serverUrl ? { postgres: async () => openPostgres(serverUrl) } : {}
const engines = { pglite: () => openEmbedded(null), ...server }
const folder = await mkdtemp(join(tmpdir(), 'openrun-database-'))
after(() => rm(folder, { recursive: true, force: true }))

for (const [engine, open] of Object.entries(engines)) {
  describe(engine, () => {
    const schema = `t${process.pid}`
    const one = sql`select 1 as one`
    let db: Database
    const amount = async () =>
      (await db.rows<{ amount: number }>(sql`select amount from ${raw(schema)}.accounts where id = 1`))[0]?.amount
    const add = (n: number) => sql`update ${raw(schema)}.accounts set amount = amount + ${n} where id = 1`

    before(async () => {
      db = await open()
      await db.transaction((tx) =>
        tx.script(`create schema ${schema}; create table ${schema}.accounts (
          id int primary key, amount bigint not null constraint never_negative check (amount >= 0));
          insert into ${schema}.accounts values (1, 0)`),
      )
    })
    after(async () => {
      await db.rows(sql`drop schema ${raw(schema)} cascade`).finally(() => db.close())
    })

    test('a list arrives as it was given, also what an array literal would read otherwise', async () => {
      const words = ['null', 'NULL', 'nulls', 'a', '', ' ', 'a,b', '{}', '"', '\\', '서울', null]
      for (const list of [words, ...words.map((word) => ['x-1', word]), ['x-1', null], [null], []])
        assert.deepEqual(await db.rows(sql`select ${list}::text[] as list`), [{ list }])
      assert.deepEqual(await db.rows(sql`select ${[1, null, -2.5]}::float8[] as n, ${[true, null]}::boolean[] as b`), [{ n: [1, null, -2.5], b: [true, null] }])
    })

    test('an SQL error as the very first use of a statement does not poison its later uses', async () => {
      const divide = (by: number) => db.rows<{ n: number }>(sql`select 6 / ${by}::int as n`)
      for (let n = 0; n < 3; n += 1) await assert.rejects(divide(0), { code: '22012' })
      assert.deepEqual(await divide(2), [{ n: 3 }])
      const insert = sql`insert into ${raw(schema)}.accounts values (${1}, ${2})`
      const expected = { code: '23505', constraint: 'accounts_pkey', table: 'accounts' }
      for (let n = 0; n < 3; n += 1) await assert.rejects(db.rows(insert), expected)
      await assert.rejects(db.transaction((tx) => tx.rows(insert)), expected)
      assert.deepEqual(await db.rows(one), [{ one: 1 }])
      assert.equal(db.stats().total, 1, 'no connection was replaced')
    })

    test('a statement may be prepared only once per connection', async () => {
      const named = await db.transaction(async (tx) => {
        for (let n = 0; n < 3; n += 1) await tx.rows(sql`select ${n}::int as prepared_once`)
        return tx.rows(sql`select name from pg_prepared_statements where statement like 'select $1::int as prep%'`)
      })
      assert.equal(named.length, 1)
    })

    test('values come back as numbers', async () => {
      const time = Date.UTC(2026, 6, 1, 12, 30, 15, 250)
      const [row] = await db.rows<object>(sql`select ${at(time)}::timestamptz as t, ${[at(time)]}::timestamptz[] as ts,
        9007199254740991::int8 as i, 12.50::numeric as n, date '2026-07-01' as d, null::int8 as nothing,
        array[1, null, 0]::int8[] as list`)
      const numbers = { i: Number.MAX_SAFE_INTEGER, n: 12.5, nothing: null, list: [1, null, 0] }
      assert.deepEqual(row, { t: time, ts: [time], d: '2026-07-01', ...numbers })
      const [settings] = await db.rows(sql`select current_setting('TimeZone') as zone, current_setting('jit') as jit,
        current_setting('plan_cache_mode') as plan, current_setting('random_page_cost') as cost`)
      assert.deepEqual(settings, { zone: 'UTC', jit: 'off', plan: 'force_generic_plan', cost: '1.1' })
    })

    test('a transaction commits or rolls back whole, and its after-commit acts only follow a commit', async () => {
      const acts: string[] = []
      const act = (name: string) => () => {
        refuseInTransaction('act')
        acts.push(name)
      }
      const started = await amount()
      await db.transaction(async (tx) => {
        await tx.rows(add(5))
        tx.afterCommit(act('committed'))
        assert.deepEqual(acts, [])
      })
      const failed = db.transaction(async (tx) => {
        await tx.rows(add(100))
        tx.afterCommit(act('rolled back'))
        throw new Error('no')
      })
      await assert.rejects(failed, { message: 'no' })
      assert.deepEqual(acts, ['committed'])
      assert.equal(await amount(), Number(started) + 5)
      await assert.rejects(db.transaction((tx) => tx.rows(add(-1000))), { constraint: 'never_negative' })
    })

    test('a swallowed SQL error cannot pretend to have committed', async () => {
      const work = db.transaction((tx) => tx.rows(sql`select 1 / 0`).catch(() => 'swallowed'))
      await assert.rejects(work, /rolled back/)
    })

    test('anything but the transaction itself is refused inside it, and it is over after its end', async () => {
      let escaped = () => db.rows(one)
      await db.transaction(async (tx) => {
        await assert.rejects(db.rows(one), /select 1 as one.* used inside an open transaction/)
        await assert.rejects(db.transaction(async () => 1), /used inside an open transaction/)
        assert.throws(() => refuseInTransaction('remote call'), /remote call used inside an open transaction/)
        outsideTransaction(() => refuseInTransaction('nothing'))
        await Promise.all([tx.rows(one), tx.rows(one)])
        escaped = () => tx.rows(one)
      })
      await assert.rejects(escaped(), /already ended/)
      refuseInTransaction('nothing')
    })

    test('200 concurrent transactions, a third rolling back, give the exact count', async () => {
      const started = Number(await amount())
      const work = Array.from({ length: 200 }, (_, n) =>
        db.transaction(async (tx) => {
          await tx.rows(add(1))
          if (n % 3 === 0) throw new Error('back')
        }),
      )
      const results = await Promise.allSettled(work)
      assert.equal(results.filter((result) => result.status === 'rejected').length, 67)
      assert.equal(await amount(), started + 133)
    })

    test('a NUL in a text is an SQL error like any other', async () => {
      const error = await db.rows(sql`select ${'a\0b'}::text as t`).catch((e: unknown) => e)
      assert.equal(sqlState(error), '22021')
      assert.equal(isConnectionLost(error), false)
      assert.deepEqual(await db.rows(one), [{ one: 1 }])
    })

    test('migrations apply once, also from two processes, and an unknown one is refused', async () => {
      const directory = join(folder, engine)
      const service = `${schema}_m`
      await mkdir(directory)
      await writeFile(join(directory, '001-first.sql'), 'create table a (n int); insert into a values (1); -- end')
      await writeFile(join(directory, '002-second.sql'), 'insert into a values (2)')
      const both = [migrate(db, [{ service, directory }]), migrate(db, [{ service, directory }])]
      await Promise.all(both)
      await migrate(db, [{ service, directory }])
      assert.deepEqual(await db.rows(sql`select n from ${raw(service)}.a order by n`), [{ n: 1 }, { n: 2 }])
      await writeFile(join(directory, '003-bad.sql'), 'insert into a values (3); select 1 / 0')
      await assert.rejects(migrate(db, [{ service, directory }]), /003-bad failed/)
      assert.equal((await db.rows(sql`select n from ${raw(service)}.a`)).length, 2)
      await rm(join(directory, '003-bad.sql'))
      await rm(join(directory, '002-second.sql'))
      await assert.rejects(migrate(db, [{ service, directory }]), /unknown migrations of .*: 002-second/)
      await db.rows(sql`drop schema ${raw(service)} cascade`)
    })

    test('the clock follows the database and never goes back', async () => {
      const clock = await openClock(db, { everyMs: 50 })
      const times = Array.from({ length: 1000 }, () => clock.now())
      assert.deepEqual(times, [...times].sort((a, b) => a - b))
      // three answers in a row that a busy machine was slow with leave it in doubt until the next good one
      while (!clock.ready()) await new Promise((resolve) => setTimeout(resolve, 5))
      const before = Date.now()
      const told = clock.now()
      const off = 200 + clock.doubtMs()
      assert.ok(before - off < told && told < Date.now() + off, `${told} is not ${before}`)
      clock.close()
    })

    test('a connection lost in use is replaced', { skip: engine === 'pglite' }, async () => {
      const error = await db.rows(sql`select pg_terminate_backend(pg_backend_pid())`).catch((e: unknown) => e)
      assert.equal(isConnectionLost(error), true)
      assert.deepEqual(await db.rows(one), [{ one: 1 }])
      await db.transaction((tx) =>
        tx.script(`create function ${schema}.die() returns trigger language plpgsql as
          'begin perform pg_terminate_backend(pg_backend_pid()); return null; end';
          create constraint trigger dies after insert on ${schema}.accounts deferrable initially deferred
          for each row execute function ${schema}.die()`),
      )
      const lost = db.transaction((tx) => tx.rows(sql`insert into ${raw(schema)}.accounts values (2, 0)`))
      await assert.rejects(lost, UnknownOutcome)
    })

    test('a server that has no connection or room left, only reads, or ended a session is away: no statement is to blame', { skip: engine === 'pglite' }, async (t) => {
      const role = `${schema}_poor`
      await db.rows(sql`create role ${raw(role)} login connection limit 1`)
      const url = new URL(serverUrl as string)
      url.username = role
      const poor = openPostgres(url.href)
      t.after(async () => {
        await poor.close()
        await db.rows(sql`drop role ${raw(role)}`)
      })
      const errors = await poor.transaction(() => outsideTransaction(() => poor.rows(one))).catch((error: unknown) => error)
      assert.deepEqual([sqlState(errors), isConnectionLost(errors)], ['53300', true])
      const raised = (state: string) => db.transaction((tx) => tx.script(`do $$ begin raise sqlstate '${state}'; end $$`)).catch((error: unknown) => error)
      for (const state of ['25006', '25P03', '53100', '57P05']) assert.equal(isConnectionLost(await raised(state)), true, state)
      for (const state of ['57014', '40P01', '23505']) assert.equal(isConnectionLost(await raised(state)), false, state)
    })

    test('a statement whose cached plan no longer fits fails once, not for ever', async () => {
      const table = raw(`${schema}.widening`)
      const all = sql`select * from ${table}`
      await db.rows(sql`create table ${table} (a int)`)
      await db.transaction((tx) => tx.rows(all))
      await db.rows(sql`alter table ${table} add b int`)
      await assert.rejects(db.rows(all), { code: '0A000' })
      assert.deepEqual(await db.rows(all), [])
    })
  })
}

test('a connection that nobody uses is asked for every ten seconds whether it is there', { skip: !existsSync('/proc/net/tcp') && 'reads /proc' }, async () => {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const db = openPostgres(`postgres://postgres@127.0.0.1:${port}/postgres`)
  const asked = assert.rejects(db.rows(sql`select 1`))
  const [socket] = (await once(listener, 'connection')) as [Socket]
  await once(socket, 'data')
  // an answer, with which what was sent is acknowledged: no other timer runs
  await new Promise((done) => socket.write(authenticationOk, done))
  const own = `:${hexOf(socket.remotePort ?? 0)} 0100007F:${hexOf(port)} `
  // the timer's kind, 2 for this one, and when it rings, in hundredths of a second
  const [, kind, ticks] = readFileSync('/proc/net/tcp', 'utf8').split('\n').find((line) => line.includes(own))?.match(/ (0[0-4]):([0-9A-F]{8}) /) ?? []
  socket.destroy()
  await asked
  await Promise.all([db.close(), listener.close()])
  assert.equal(kind, '02')
  assert.ok(Number.parseInt(ticks ?? '', 16) <= 1_000, `${ticks} ticks`)
})
const authenticationOk = Buffer.from('R\0\0\0\x08\0\0\0\0')
const hexOf = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')

test('a data directory has one opener, and what was acknowledged survives kill -9', async (t) => {
  const dataDir = join(folder, 'data')
  const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
  const script = `
    import { openEmbedded } from ${module('./embedded.ts')}
    import { createRequire } from 'node:module'
    const sql = createRequire(${module('./embedded.ts')})('sql-template-tag').default
    const db = await openEmbedded(${JSON.stringify(dataDir)})
    await db.rows(sql\`create table rows (n int)\`)
    for (let n = 1; ; n += 1) {
      await db.rows(sql\`insert into rows values (\${n})\`)
      process.stdout.write(n + '\\n')
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    if (output.split('\n').length < 200 || child.killed) continue
    await assert.rejects(openEmbedded(dataDir), /in use by another process/)
    child.kill('SIGKILL')
  }
  assert.equal(child.killed, true)
  const acknowledged = Number(output.split('\n').at(-2))
  const db = await openEmbedded(dataDir)
  try {
    const [row] = await db.rows<{ n: number }>(sql`select count(*) as n from rows where n <= ${acknowledged}`)
    assert.equal(row?.n, acknowledged)
    await assert.rejects(openEmbedded(dataDir), /in use by another process/)
  } finally {
    await db.close()
  }
  await (await openEmbedded(dataDir)).close()
})

test('a template opens with its content', async (t) => {
  const first = await openEmbedded(null)
  t.after(first.close)
  await first.rows(sql`create table copied as select 7 as n`)
  const second = await openEmbedded(null, { template: await dumpTemplate(first) })
  t.after(second.close)
  assert.deepEqual(await second.rows(sql`select n from copied`), [{ n: 7 }])
})
