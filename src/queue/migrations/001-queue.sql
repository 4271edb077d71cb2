create table queue.shows (
  show_id uuid primary key,
  status text not null check (status in ('published', 'cancelled')),
  -- passes of the show that may be live at once, over all its lines
  cap int not null check (cap between 0 and 1000000),
  paused_at timestamptz
);
create table queue.lines (
  window_id uuid primary key,
  show_id uuid not null references queue.shows,
  phase text not null check (phase in ('announced', 'lobby', 'sealed', 'open', 'closed')),
  closed_reason text check (closed_reason in ('window_closed', 'line_closed', 'show_cancelled')),
  -- closed, and perhaps some of its places have still to end
  closing boolean not null default false,
  opens_at timestamptz not null,
  closes_at timestamptz not null,
  audience text not null check (audience in ('everyone', 'codes')),
  sections text[],
  -- the highest number given; numbers are 1…last without gaps
  last int not null default 0,
  -- nobody up to this number is waiting any more
  admitted_through int not null default 0,
  called_count bigint not null default 0,
  -- places that take up a slot: called, inside and ending
  live int not null default 0 check (live between 0 and 1000000),
  epoch int not null default 0,
  message text,
  check (opens_at < closes_at),
  check (admitted_through between 0 and last),
  check ((phase = 'closed') = (closed_reason is not null)),
  check (not closing or phase = 'closed')
) with (fillfactor = 50);
create index lines_of_show on queue.lines (show_id);
create index lines_by_phase on queue.lines (phase) where phase <> 'closed';
create index lines_live on queue.lines (show_id) where live > 0;
create index lines_closing on queue.lines (show_id) where closing;
create table queue.codes (
  window_id uuid not null references queue.lines on delete cascade,
  hash text not null,
  primary key (window_id, hash)
);
create table queue.places (
  window_id uuid not null references queue.lines,
  number int not null check (number > 0),
  user_id uuid not null,
  status text not null check (status in ('waiting', 'called', 'asleep', 'woken', 'inside', 'ending', 'ended')),
  session_id uuid,
  pass_no bigint,
  until timestamptz,
  -- passes up to this number have still to be ended at the seat service
  end_pass_no bigint,
  ended_reason text,
  joined_at timestamptz not null,
  called_at timestamptz,
  claimed_at timestamptz,
  ended_at timestamptz,
  primary key (window_id, number),
  check ((status in ('called', 'inside')) = (until is not null)),
  check (status <> 'inside' or (session_id is not null and pass_no is not null)),
  check (status <> 'ending' or end_pass_no is not null),
  check ((status in ('ending', 'ended')) = (ended_reason is not null)),
  check ((status = 'ended') = (ended_at is not null)),
  check (status in ('waiting', 'ended') or called_at is not null)
) with (fillfactor = 80);
create unique index places_one_live on queue.places (window_id, user_id) where status <> 'ended';
create index places_of_user on queue.places (user_id, window_id);
create index places_woken on queue.places (window_id, number) where status = 'woken';
create index places_left on queue.places (window_id, number) where status = 'ended' and called_at is null;
create index places_due on queue.places (window_id, until) where until is not null;
create index places_ending on queue.places (window_id, number) where end_pass_no is not null;
-- outlives places: a number at or below the seat service's floor would be worth nothing
create table queue.pass_numbers (
  show_id uuid not null references queue.shows,
  user_id uuid not null,
  last bigint not null check (last > 0),
  primary key (show_id, user_id)
);
-- append-only: what happened to a place between joining and its end, which stand on the place itself
create table queue.place_events (
  id bigint generated always as identity primary key,
  window_id uuid not null,
  number int not null,
  at timestamptz not null,
  what text not null check (what in ('called', 'slept', 'woken', 'claimed', 'taken_over'))
);
create index place_events_of_place on queue.place_events (window_id, number);
-- users who bought seats and whose quota is to be looked at
create table queue.purchases (
  show_id uuid not null,
  user_id uuid not null,
  noted bigint not null default 1,
  primary key (show_id, user_id)
);
create table queue.heartbeats (id int primary key check (id = 1), beat_at timestamptz not null);
-- append-only record of operators' acts on lines
create table queue.audit (
  id bigint generated always as identity primary key,
  actor uuid not null,
  at timestamptz not null,
  action text not null,
  target text not null,
  before jsonb,
  after jsonb
);
