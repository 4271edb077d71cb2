-- What the shop can bear and what its seats justify, as seat.stock tells it; the operator's cap stays the upper bound.
alter table queue.shows
  -- the cap under pressure and why; null while nothing presses
  add column pace_cap int check (pace_cap >= 0),
  add column pace_reason text check (pace_reason in ('payment', 'server')),
  add column pace_at timestamptz,
  -- what a hold and a payment take while nothing presses
  add column usual_hold_ms int,
  add column usual_pay_ms int,
  -- the last pressure told, and when
  add column pressure jsonb,
  add column pressure_at timestamptz,
  add column availability text,
  add column seats_left int check (seats_left >= 0),
  add column left_by_grade jsonb,
  -- places called, inside and ending that the seats left justify; null until seat has told of them
  add column room int check (room >= 0),
  -- an operator's rate: calls a minute, as a bucket of one second
  add column rate_per_minute int check (rate_per_minute > 0),
  add column rate_tokens float8 not null default 0,
  add column rate_at timestamptz,
  -- leading zero bits a join has to find; 0 asks for no work
  add column work_bits int not null default 0 check (work_bits between 0 and 24),
  -- keeps the names of the public audit from being guessed; never shown
  add column audit_salt uuid not null default gen_random_uuid(),
  add constraint shows_pace check ((pace_cap is null) = (pace_reason is null));
create index shows_paced on queue.shows (show_id) where pace_cap is not null;
-- Append-only: what changed the gate of a whole show. Ids are of the same sequence as those of place_events, taken under
-- the show's lock: the two logs have one order.
create table queue.show_events (
  id bigint primary key default nextval(pg_get_serial_sequence('queue.place_events', 'id')),
  show_id uuid not null references queue.shows,
  at timestamptz not null,
  what text not null check (what in ('cap', 'rate', 'message', 'closed', 'paused', 'resumed', 'paced', 'work')),
  detail jsonb not null default '{}'
);
create index show_events_of_show on queue.show_events (show_id, id);
insert into queue.show_events (show_id, at, what, detail) select show_id, now(), 'cap', json_build_object('cap', cap) from queue.shows;
-- what was said stays said
create function queue.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%.% is append-only', tg_table_schema, tg_table_name;
end $$;
create trigger audit_append_only before update or delete on queue.audit for each statement execute function queue.refuse_change();
create trigger show_events_append_only before update or delete on queue.show_events for each statement execute function queue.refuse_change();
-- Decisions of the gate against somebody, counted by subject and rule: append-only for 90 days, then taken away.
create table queue.evidence (
  id bigint generated always as identity primary key,
  show_id uuid not null,
  user_id uuid,
  -- address prefixes are kept as a hash with the show's salt
  sender text,
  rule text not null,
  outcome text not null check (outcome in ('slowed', 'refused')),
  count int not null check (count > 0),
  first_at timestamptz not null,
  last_at timestamptz not null,
  inputs jsonb not null default '{}'
);
create index evidence_of_user on queue.evidence (user_id, show_id) where user_id is not null;
create index evidence_of_sender on queue.evidence (show_id, sender) where sender is not null;
create index evidence_by_age on queue.evidence (last_at);
create trigger evidence_append_only before update on queue.evidence for each statement execute function queue.refuse_change();
create table queue.appeals (
  id uuid primary key,
  show_id uuid not null,
  user_id uuid not null,
  text text not null,
  filed_at timestamptz not null,
  -- the evidence as it was known when the appeal was filed: it outlives the retention
  evidence jsonb not null,
  outcome text check (outcome in ('upheld', 'declined')),
  answer text,
  answered_by uuid,
  answered_at timestamptz,
  check ((outcome is null) = (answer is null)),
  check ((outcome is null) = (answered_at is null)),
  check ((outcome is null) = (answered_by is null))
);
create index appeals_of_user on queue.appeals (user_id, show_id);
create index appeals_open on queue.appeals (filed_at, id) where outcome is null;
-- a pass that a client took by itself: untouched until then, its place goes back to sleep
alter table queue.places add column auto_until timestamptz;
create index places_auto on queue.places (auto_until) where auto_until is not null and status = 'inside';
