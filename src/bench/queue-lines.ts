import sql from 'sql-template-tag'
import type { Database } from '../platform/database.ts'

const plantedAtOnce = 20_000
const leftMax = 10_000

/** The user at a number of a planted line: neighbours in the line are neighbours in the index, as with ids ordered by time. */
export const userAt = (windowId: string, number: number) => `${windowId.slice(0, 24)}${number.toString(16).padStart(12, '0')}`

/** Fills an empty open line: `size` places, of which a tenth, at most 10,000, left in the middle. */
export async function plantLine(db: Database, windowId: string, size: number): Promise<void> {
  const left = Math.min(leftMax, size / 10)
  const [from, through] = [Math.floor((size - left) / 2) + 1, Math.floor((size - left) / 2) + left]
  for (let first = 1; first <= size; first += plantedAtOnce) {
    const last = Math.min(size, first + plantedAtOnce - 1)
    await db.rows(sql`
      insert into queue.places (window_id, number, user_id, status, joined_at, ended_at, ended_reason)
      select ${windowId}::uuid, n, (left(${windowId}::text, 24) || lpad(to_hex(n), 12, '0'))::uuid,
        case when n between ${from}::int and ${through}::int then 'ended' else 'waiting' end, now(),
        case when n between ${from}::int and ${through}::int then now() end, case when n between ${from}::int and ${through}::int then 'left' end
      from generate_series(${first}::int, ${last}::int) as n`)
  }
  await db.rows(sql`
    insert into queue.place_events (window_id, number, at, what, reason)
    select ${windowId}::uuid, n, now(), 'ended', 'left' from generate_series(${from}::int, ${through}::int) as n`)
  await db.rows(sql`
    insert into queue.left_blocks (window_id, block, places)
    select ${windowId}::uuid, n / 256, count(*) from generate_series(${from}::int, ${through}::int) as n group by 2`)
  await db.rows(sql`update queue.lines set last = ${size} where window_id = ${windowId}`)
}
