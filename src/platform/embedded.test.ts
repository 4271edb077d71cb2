import assert from 'node:assert/strict'
import { test } from 'node:test'
import sql from 'sql-template-tag'
import { openEmbedded } from './embedded.ts'

const megabyte = 1_000_000

test('the engine keeps nothing of the answers it has given', async () => {
  const db = await openEmbedded(null)
  const ask = async (times: number) => {
    for (let i = 0; i < times; i++) await db.rows(sql`select repeat('x', ${megabyte}::int) as text from generate_series(1, 10)`)
  }
  await ask(5)
  const before = process.memoryUsage.rss()
  await ask(60)
  const grownBy = (process.memoryUsage.rss() - before) / megabyte
  await db.close()
  assert.ok(grownBy < 300, `after 600 MB of answers the process is ${Math.round(grownBy)} MB larger`)
})
