-- A pause that ended: until every deadline has moved by it, in chunks, the show stays paused for its clocks.
alter table seat.shows add column resuming_at timestamptz;
alter table seat.shows add column resuming_by_ms bigint;
alter table seat.shows add constraint shows_resuming check ((resuming_at is null) = (resuming_by_ms is null));
create index shows_resuming on seat.shows (show_id) where resuming_at is not null;
-- the end of the last pause that this hold has been given back; its successors inherit it
alter table seat.holds add column resumed_at timestamptz;
