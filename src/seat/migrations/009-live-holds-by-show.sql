-- The next end of a show, and what is due of it, are found without passing over the live holds of other shows. One index
-- for the other: each costs a hold about a microsecond. It looks at no column that a pin changes (HOT).
-- Built while holds wait: migrations run in a transaction, where `concurrently` is not possible. 0.2 s for 460,000
-- live holds; those that have ended are read, too, but not written.
drop index seat.holds_live_by_until;
create index holds_live_by_show on seat.holds (show_id, until) where ended_reason is null;
