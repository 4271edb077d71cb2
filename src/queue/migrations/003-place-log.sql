-- The log becomes whole: ends stand in it too, so that who follows it by id misses nothing. What may stand in `what` is
-- a type in store-places.ts, to which several migrations add.
alter table queue.place_events drop constraint place_events_what_check;
alter table queue.place_events add column reason text;
alter table queue.place_events add column detail jsonb;
insert into queue.place_events (window_id, number, at, what, reason)
select window_id, number, ended_at, 'ended', ended_reason from queue.places where status = 'ended' order by ended_at, window_id, number;
alter table queue.place_events add constraint place_events_reason_check check (what <> 'ended' or reason is not null);
-- Writers hold the lock of the show, so within a line ids commit in their order: `id > n` is what came since.
create index place_events_of_line on queue.place_events (window_id, id);
-- a place ends once
create unique index place_events_one_end on queue.place_events (window_id, number) where what = 'ended';
