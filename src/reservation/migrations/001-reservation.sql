-- lock order: shows by id → reservations by id → payments_seen, cancellations and lines of those
create table reservation.shows (
  show_id uuid primary key,
  closed boolean not null default false,
  closed_at timestamptz,
  -- false while a closed show may still have a pending, paying or confirmed reservation
  drained boolean not null default false,
  check (closed = (closed_at is not null)),
  check (closed or not drained)
);
create index shows_to_drain on reservation.shows (show_id) where closed and not drained;

create table reservation.reservations (
  id uuid primary key,
  -- null only where seat said the end before the reservation was written
  number text unique check (number ~ '^[0-9A-HJKMNP-TV-Z]{8}$'),
  user_id uuid not null,
  show_id uuid not null,
  status text not null check (status in ('pending', 'paying', 'confirmed', 'cancelled', 'expired')),
  -- won, sum of price and fee of the active lines
  total bigint not null default 0 check (total >= 0),
  paid_amount bigint check (paid_amount >= 0),
  -- the payment that is running or paid
  payment_id uuid,
  payments_count int not null default 0 check (payments_count between 0 and 5),
  -- any one of its holds: seat ends bound holds together
  hold_id uuid,
  -- why its holds ended while a payment was running
  hold_ended text,
  -- when to try next to give the seats back; null when nothing is owed
  release_at timestamptz,
  show_starts_at timestamptz,
  plan_version int,
  policy_version int,
  cutoff_minutes int,
  request_hash text,
  ended_reason text,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  ended_at timestamptz,
  event_version bigint not null default 0,
  check ((status in ('cancelled', 'expired')) = (ended_at is not null)),
  check ((ended_at is null) = (ended_reason is null)),
  check (ended_at is null or total = 0),
  check (number is not null or (ended_at is not null and confirmed_at is null)),
  check (number is null or (hold_id is not null and show_starts_at is not null and cutoff_minutes is not null
    and policy_version is not null and plan_version is not null and request_hash is not null)),
  check (status not in ('paying', 'confirmed') or payment_id is not null),
  check (status <> 'pending' or payment_id is null),
  check ((confirmed_at is null) = (paid_amount is null)),
  check ((confirmed_at is null) or payment_id is not null),
  check (status <> 'confirmed' or confirmed_at is not null),
  check (paid_amount is null or total <= paid_amount)
) with (fillfactor = 80);
create index reservations_of_user on reservation.reservations (user_id, created_at desc, id desc);
create index reservations_live_of_show on reservation.reservations (show_id, id)
  where status in ('pending', 'paying', 'confirmed');
create index reservations_to_release on reservation.reservations (release_at) where release_at is not null;

create table reservation.cancellations (
  id uuid primary key,
  reservation_id uuid not null references reservation.reservations,
  seat_ids int[] not null,
  refund bigint not null check (refund >= 0),
  reason text not null,
  -- the organiser or operator who did it, null for the buyer and for the system
  by uuid,
  request_hash text not null,
  created_at timestamptz not null
);
create index cancellations_of_reservation on reservation.cancellations (reservation_id);

create table reservation.lines (
  reservation_id uuid not null references reservation.reservations,
  seat_id int not null check (seat_id > 0),
  show_id uuid not null,
  section text not null,
  row_name text not null,
  number text not null,
  grade text not null,
  price_type text not null,
  price bigint not null check (price >= 0),
  fee bigint not null check (fee >= 0),
  status text not null default 'active' check (status in ('active', 'cancelled')),
  cancelled_by uuid references reservation.cancellations,
  -- set when the reservation is confirmed
  sold boolean not null default false,
  primary key (reservation_id, seat_id),
  check (cancelled_by is null or status = 'cancelled')
) with (fillfactor = 80);
-- a seat is sold at most once, whatever else goes wrong
create unique index lines_sold_once on reservation.lines (show_id, seat_id) where status = 'active' and sold;

-- the first answer to a payment is final; an undo is written even if its pin never arrived
create table reservation.payments_seen (
  payment_id uuid primary key,
  reservation_id uuid not null,
  user_id uuid not null,
  status text not null check (status in ('pinned', 'unpinned', 'confirmed')),
  refusal text,
  amount bigint check (amount >= 0),
  seat_ids int[] not null default '{}',
  seen_at timestamptz not null,
  check (refusal is null or status = 'unpinned'),
  check (status = 'unpinned' or amount is not null)
);
create unique index payments_seen_one_of_reservation on reservation.payments_seen (reservation_id)
  where status in ('pinned', 'confirmed');

create table reservation.audit (
  id bigint generated always as identity primary key,
  actor uuid not null,
  at timestamptz not null,
  action text not null,
  target text not null,
  before jsonb,
  after jsonb
);
create index audit_by_target on reservation.audit (target);
