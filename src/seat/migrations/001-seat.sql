-- status codes: 0 available, 1 held, 2 pinned, 3 sold, 4 returned, 5 blocked
create table seat.shows (
  show_id uuid primary key,
  status text not null default 'open' check (status in ('open', 'closing', 'closed')),
  plan_version int not null,
  seats_count int not null check (seats_count > 0),
  tickets_per_user_max int not null check (tickets_per_user_max between 1 and 50),
  starts_at timestamptz not null,
  -- bumped as the last step of every statement that writes seats: gap-free, in commit order
  version bigint not null default 0,
  event_version bigint not null default 0,
  watch_count int not null default 0 check (watch_count >= 0),
  paused_at timestamptz,
  closing_purpose text check (closing_purpose in ('delete', 'unpublish')),
  -- sales windows as published, for the closed state and its opensAt
  windows jsonb not null default '[]',
  ready boolean not null default false,
  -- the version seat.stock last told of, when, and when the clock alone may change what it says
  stock_version bigint not null default -1,
  stock_at timestamptz,
  stock_due_at timestamptz
);
create table seat.seats (
  show_id uuid not null references seat.shows on delete cascade,
  id int not null check (id > 0),
  section text not null,
  row_name text not null,
  number text not null,
  grade text not null,
  kind text not null check (kind in ('seated', 'standing')),
  attributes text[] not null default '{}',
  status smallint not null default 0 check (status between 0 and 5),
  hold_id uuid,
  reservation_id uuid,
  version bigint not null default 0,
  blocked_reason text,
  blocked_by uuid,
  primary key (show_id, id),
  unique (show_id, section, row_name, number),
  check ((status in (1, 2, 3)) = (hold_id is not null)),
  check (status <> 3 or reservation_id is not null),
  check ((status = 5) = (blocked_reason is not null))
) with (fillfactor = 70);
create index seats_of_hold on seat.seats (hold_id) where hold_id is not null;
create table seat.holds (
  id uuid primary key,
  show_id uuid not null,
  user_id uuid not null,
  kind text not null default 'ordinary' check (kind in ('ordinary', 'offer')),
  plan_version int not null,
  seat_ids int[] not null check (cardinality(seat_ids) between 1 and 8),
  until timestamptz not null,
  held_at timestamptz not null,
  extensions int not null default 0 check (extensions between 0 and 10),
  reservation_id uuid,
  pinned_by uuid,
  request_hash text not null,
  -- sections its pass allowed, for a later swap without a pass; null for all
  sections text[],
  fell_back boolean not null default false,
  -- null while live; else expired, released, swapped, sold, closed
  ended_reason text,
  ended_at timestamptz,
  check ((ended_reason is null) = (ended_at is null)),
  check (pinned_by is null or (reservation_id is not null and ended_reason is null))
);
create index holds_live_by_until on seat.holds (until) where ended_reason is null and pinned_by is null;
create index holds_of_user on seat.holds (user_id, show_id) where ended_reason is null;
create index holds_of_reservation on seat.holds (reservation_id) where reservation_id is not null;
create index holds_of_user_show on seat.holds (show_id, user_id, held_at);
create table seat.quotas (
  show_id uuid not null,
  user_id uuid not null,
  seats int not null default 0,
  seats_max int not null,
  pass_floor bigint not null default 0,
  last_pass_held bigint not null default 0,
  primary key (show_id, user_id),
  check (seats between 0 and seats_max)
);
create table seat.pins (
  payment_id uuid primary key,
  reservation_id uuid not null,
  user_id uuid not null,
  show_id uuid,
  seat_ids int[] not null default '{}',
  status text not null check (status in ('pinned', 'sold', 'unpinned')),
  pinned_at timestamptz not null,
  sold_at timestamptz,
  -- why pin was refused: the first answer of a payment is final
  refusal text,
  -- sold seats that a cancellation has given back since
  freed_seat_ids int[] not null default '{}',
  check (freed_seat_ids <@ seat_ids),
  check (refusal is null or status = 'unpinned'),
  check (status = 'unpinned' or (show_id is not null and cardinality(seat_ids) > 0))
);
-- one running or done payment for a reservation
create unique index pins_one_of_reservation on seat.pins (reservation_id) where status in ('pinned', 'sold');
create index pins_of_user on seat.pins (user_id);
create index pins_of_show on seat.pins (show_id) where status = 'pinned';
create table seat.heartbeats (id int primary key check (id = 1), beat_at timestamptz not null);
-- append-only record of organiser and operator acts on seats
create table seat.audit (
  id bigint generated always as identity primary key,
  actor uuid not null,
  at timestamptz not null,
  action text not null,
  target text not null,
  before jsonb,
  after jsonb
);
