import sql from 'sql-template-tag'
import type { Check } from '../platform/check.ts'
import { at } from '../platform/database.ts'

/** Seat answers a closing show within a second or two; a minute means that the answer was lost. */
const closingMsMax = 60_000

/** Invariants of the concert schema by itself: each query answers at most 20 violations. */
export const concertChecks: Check[] = [
  {
    id: 'S1',
    name: 'a show that sells has a plan, a price for every grade and a sales window',
    query: () => sql`
      select s.id, s.status from concert.shows s
      where s.status in ('published', 'closing') and (
        not exists (select from concert.windows w where w.show_id = s.id)
        or s.sold_here and (s.plan is null or s.plan_version = 0)
        or s.sold_here and exists (
          select from jsonb_array_elements(s.totals) as p(total)
          where not exists (
            select from jsonb_array_elements(s.prices) as q(price) where q.price ->> 'grade' = p.total ->> 'grade')))
      limit 20`,
  },
  {
    id: 'S2',
    name: 'sales windows of one show do not overlap',
    query: () => sql`
      select a.show_id, a.id, b.id as other from concert.windows a join concert.windows b
        on b.show_id = a.show_id and b.id <> a.id and a.opens_at <= b.opens_at and coalesce(b.lobby_opens_at, b.opens_at) < a.closes_at
      limit 20`,
  },
  {
    id: 'S3',
    name: 'seats by grade are those of the plan',
    query: () => sql`
      with sections as (
        select s.id, p.section from concert.shows s, jsonb_array_elements(s.plan -> 'sections') as p(section)),
      seats as (
        select id, section ->> 'grade' as grade, (section ->> 'capacity')::int as seats from sections where section ? 'capacity'
        union all
        select id, coalesce(r.seat_row ->> 'grade', section ->> 'grade'), (r.seat_row ->> 'seats')::int
        from sections, jsonb_array_elements(section -> 'rows') as r(seat_row)),
      planned as (select id, grade, sum(seats) as total from seats group by id, grade),
      stored as (
        select s.id, t.total ->> 'grade' as grade, (t.total ->> 'total')::int as total
        from concert.shows s, jsonb_array_elements(s.totals) as t(total))
      select id, grade, p.total as planned, t.total as stored
      from planned p full join stored t using (id, grade) where p.total is distinct from t.total limit 20`,
  },
  {
    id: 'S4',
    name: 'no show closes for more than a minute, no deletion of a concert outlives its closing shows',
    query: (now) => sql`
      select s.id, s.closing_purpose, s.closing_at from concert.shows s
      where s.status = 'closing' and s.emptied_at is null and s.closing_at < ${at(now - closingMsMax)}
      union all
      select c.id, 'concert', c.deleting_at from concert.concerts c
      where c.deleting_at is not null and not exists (
        select from concert.shows s where s.concert_id = c.id and s.status = 'closing' and s.emptied_at is null)
      limit 20`,
  },
  {
    id: 'S5',
    name: 'a concert is sorted by the dates of its shows, and a deleted one has none that sells',
    query: () => sql`
      with spans as (
        select c.id, c.deleted_at, c.first_show_at, c.last_show_at, min(s.starts_at) as first, max(s.starts_at) as last,
          count(*) filter (where s.status in ('draft', 'published', 'closing')) as open
        from concert.concerts c
        left join concert.shows s on s.concert_id = c.id and s.status <> 'deleted'
          and (s.status <> 'draft' or c.deleted_at is not null)
        group by c.id)
      select id, first_show_at, first, last_show_at, last, open from spans
      where (deleted_at is not null and open > 0) or (first_show_at, last_show_at) is distinct from (first, last)
      limit 20`,
  },
]
