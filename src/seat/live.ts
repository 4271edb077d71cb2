import { raw } from 'sql-template-tag'

/**
 * What statements that know their holds `h` ask of them. Said as `ended_reason is null` it leads to the index of live
 * holds: a plan made while nobody held anything believes that index empty, and later reads it whole.
 */
export const isLive = raw('num_nonnulls(h.ended_reason) = 0')
/** Neither ended nor taken by a payment. */
export const isFree = raw('num_nonnulls(h.ended_reason, h.pinned_by) = 0')
