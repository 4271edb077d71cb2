import sql from 'sql-template-tag'
import type { Check } from '../platform/check.ts'
import { at } from '../platform/database.ts'

/** A sweep runs four times a second and acts half a second late; this much is more than both. */
const overdueMs = 10_000
const beatFreshMs = 3_000

/** Invariants of the queue schema by itself: each query answers at most 20 violations. */
export const queueChecks: Check[] = [
  {
    id: 'I10',
    name: 'the slots of a line are its places called, inside and ending',
    query: () => sql`
      select l.window_id, l.live, count(p.number) as places
      from queue.lines l left join queue.places p on p.window_id = l.window_id and p.status in ('called', 'inside', 'ending')
      group by l.window_id having l.live <> count(p.number) limit 20`,
  },
  {
    id: 'I10',
    name: 'a pass number was given once and is not above the last of its user',
    query: () => sql`
      select l.show_id, p.user_id, p.pass_no, n.last from queue.places p join queue.lines l on l.window_id = p.window_id
      left join queue.pass_numbers n on n.show_id = l.show_id and n.user_id = p.user_id
      where p.pass_no is not null and (n.last is null or p.pass_no > n.last)
      union all
      select l.show_id, p.user_id, p.pass_no, count(*) from queue.places p join queue.lines l on l.window_id = p.window_id
      where p.pass_no is not null group by l.show_id, p.user_id, p.pass_no having count(*) > 1
      limit 20`,
  },
  {
    id: 'I11',
    name: 'a user has one live place in a line',
    query: () => sql`
      select window_id, user_id, count(*) as places from queue.places where status <> 'ended'
      group by window_id, user_id having count(*) > 1 limit 20`,
  },
  {
    id: 'I12',
    name: 'the numbers of a line are 1 to last without a gap',
    query: () => sql`
      select l.window_id, l.last, count(p.number) as places, max(p.number) as highest
      from queue.lines l left join queue.places p on p.window_id = l.window_id
      group by l.window_id having l.last <> count(p.number) or l.last <> coalesce(max(p.number), 0) limit 20`,
  },
  {
    id: 'I12',
    name: 'nobody was called before a waiting place of a smaller rank',
    query: () => sql`
      select p.window_id, p.number, p.status, l.admitted_through from queue.places p join queue.lines l on l.window_id = p.window_id
      where (p.status = 'waiting' and p.number <= l.admitted_through and (l.seed is null or p.number > l.roster_count))
        or (p.called_at is not null and coalesce(p.rank, p.number) > l.admitted_through) limit 20`,
  },
  {
    id: 'I13',
    name: 'no turn or pass lasts long past its end while the sweep is alive',
    query: (now) => sql`
      select p.window_id, p.number, p.status, p.until from queue.places p
      join queue.lines l on l.window_id = p.window_id join queue.shows s on s.show_id = l.show_id
      where p.until < ${at(now - overdueMs)} and s.paused_at is null
        and exists (select 1 from queue.heartbeats h where h.beat_at > ${at(now - beatFreshMs)})
      limit 20`,
  },
  {
    id: 'I12',
    name: 'who left before being called is counted in the block of the rank',
    query: () => sql`
      select window_id, block, p.places, b.places as counted
      from (select window_id, coalesce(rank, number) / 256 as block, count(*)::int as places from queue.places
        where status = 'ended' and called_at is null group by 1, 2) p
      full join queue.left_blocks b using (window_id, block) where p.places is distinct from b.places limit 20`,
  },
  {
    id: 'I12',
    name: 'the log of a line tells of each place what the place says',
    query: () => sql`
      select p.window_id, p.number, p.status, p.ended_reason, p.called_at, e.calls, e.claims, e.last, e.reason from queue.places p
      left join (
        select window_id, number, count(*) filter (where what = 'called') as calls, count(*) filter (where what = 'claimed') as claims,
          (array_agg(what order by id desc) filter (where what in ('called', 'slept', 'woken', 'claimed', 'ended')))[1] as last, max(reason) filter (where what = 'ended') as reason
        from queue.place_events group by 1, 2) e using (window_id, number)
      where e.last is distinct from case p.status when 'waiting' then null when 'called' then 'called' when 'asleep' then 'slept'
          when 'woken' then 'woken' when 'ended' then 'ended' else 'claimed' end
        or (p.status = 'ended') <> (e.reason is not null) or (p.status = 'ended' and p.ended_reason <> e.reason)
        or (p.called_at is not null) <> (coalesce(e.calls, 0) > 0) or (p.claimed_at is not null) <> (coalesce(e.claims, 0) > 0)
      limit 20`,
  },
]
