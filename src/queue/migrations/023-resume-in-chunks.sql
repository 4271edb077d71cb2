-- A pause that ended: until every deadline has moved by it, in chunks, the show stays paused.
alter table queue.shows add column resume_no int not null default 0;
alter table queue.shows add column resuming_by_ms bigint;
alter table queue.shows add constraint shows_resuming_paused check (resuming_by_ms is null or paused_at is not null);
create index shows_resuming on queue.shows (show_id) where resuming_by_ms is not null;
-- the last pause of the show, by its number, that this place has been given back
alter table queue.places add column resumed_no int;
