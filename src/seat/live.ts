import sql, { raw } from 'sql-template-tag'

/**
 * What statements that know their holds `h` ask of them. Said as `ended_reason is null` it leads to the index of live
 * holds: a plan made while nobody held anything believes that index empty, and later reads it whole.
 */
export const isLive = raw('num_nonnulls(h.ended_reason) = 0')
/** The same for the holds of a user, as only their index says it. */
export const isLiveOfUser = raw("coalesce(h.ended_reason, '') = ''")
/** Neither ended nor taken by a payment. */
export const isFree = raw('num_nonnulls(h.ended_reason, h.pinned_by) = 0')
/** The body of a recursive `live (show_id)`: each show that has live holds by one step into their index, then null. */
export const liveShows = sql`
  (select show_id from seat.holds where ended_reason is null order by show_id limit 1)
  union all
  select (select h.show_id from seat.holds h where h.ended_reason is null and h.show_id > live.show_id order by h.show_id limit 1)
  from live where live.show_id is not null`
