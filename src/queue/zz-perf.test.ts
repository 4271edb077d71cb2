import { test } from 'node:test'
import sql, { raw } from 'sql-template-tag'
import { lineRow, openGround } from './testing.ts'
import * as places from './store-places.ts'
test('perf', async () => {
  const g = await openGround({ capDefault: 300 })
  const showId = await g.publish()
  await g.crowd(showId, 100)
  await g.crowd(showId, 2000)
  for (let i = 0; i < 9; i++) await g.crowd(showId, 2000)
  await g.db.rows(sql`update queue.shows set cap = 20000`)
  const prepared = await g.db.rows<{ name: string; statement: string, n: number }>(sql`select name, statement, cardinality(parameter_types) as n, parameter_types::text as t from pg_prepared_statements where statement ilike '%queue.places%' and statement not ilike '%pg_prepared%'`)
  const line = await lineRow(g.db, showId)
  for (const p of prepared) {
    console.log('-----', p.statement.slice(0, 1500))
    const plan = await g.db.rows<any>(raw(`explain execute "${p.name}"(${Array(p.n).fill('null').join(',')})`) as any).catch((e) => [{ 'QUERY PLAN': String(e) }])
    console.log(plan.map((x: any) => x['QUERY PLAN']).join('\n'))
  }
  const t = performance.now()
  console.log(await g.run('queue.admit'), performance.now() - t)
  await g.close()
})
