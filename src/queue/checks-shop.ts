import sql from 'sql-template-tag'
import type { Check } from '../platform/check.ts'

/** Invariants of a line before another shop. */
export const shopChecks: Check[] = [
  {
    id: 'I10',
    name: 'no pass floor is above the next pass of its user, and a show has counted every one it told',
    query: () => sql`
      select f.show_id, f.user_id, f.floor, f.seq, n.last, s.last_seq from queue.pass_floors f join queue.shop_shows s using (show_id)
      left join queue.pass_numbers n using (show_id, user_id)
      where f.floor > coalesce(n.last, 0) + 1 or f.seq > s.last_seq limit 20`,
  },
  {
    id: 'I10',
    name: 'whose place has ended with a pass has a floor above it where another shop sells',
    query: () => sql`
      select p.window_id, p.number, p.user_id, p.pass_no, f.floor from queue.places p join queue.lines l on l.window_id = p.window_id
      join queue.shop_shows s on s.show_id = l.show_id left join queue.pass_floors f on f.show_id = l.show_id and f.user_id = p.user_id
      where p.status = 'ended' and p.ended_reason = 'purchase' and p.pass_no is not null and coalesce(f.floor, 0) <= p.pass_no limit 20`,
  },
]
