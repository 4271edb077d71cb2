-- lock order: payments by id → refunds of those
create table payment.payments (
  id uuid primary key,
  user_id uuid not null,
  reservation_id uuid not null,
  show_id uuid not null,
  -- won; null until the reservation is pinned
  amount bigint check (amount >= 0),
  refunded bigint not null default 0 check (refunded >= 0),
  top_up bigint check (top_up > 0),
  source text,
  status text not null default 'pending' check (status in ('pending', 'completed', 'failed')),
  direction text not null default 'forward' check (direction in ('forward', 'backward')),
  -- true once an undo found the money moved: nothing may turn it back any more
  debited boolean not null default false,
  refusal text,
  refusal_params jsonb not null default '{}',
  -- who drives holds the number; the next one takes it after next_at
  attempt int not null default 1,
  tries int not null default 0,
  next_at timestamptz not null,
  -- while it waits for a bank
  until timestamptz,
  request_hash text not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  event_version bigint not null default 0,
  check (refunded <= coalesce(amount, 0)),
  check (refunded = 0 or status = 'completed'),
  check ((status = 'pending') = (ended_at is null)),
  check ((direction = 'backward') = (refusal is not null)),
  check (status <> 'failed' or (direction = 'backward' and not debited)),
  check (status <> 'completed' or (direction = 'forward' and amount is not null))
) with (fillfactor = 80);
-- one running or done payment for a reservation
create unique index payments_one_of_reservation on payment.payments (reservation_id)
  where status in ('pending', 'completed');
create index payments_to_drive on payment.payments (next_at) where status = 'pending';
create index payments_of_user on payment.payments (user_id, created_at desc, id desc);

create table payment.refunds (
  cancellation_id uuid primary key,
  payment_id uuid not null references payment.payments,
  reservation_id uuid not null,
  amount bigint not null check (amount > 0),
  status text not null default 'pending' check (status in ('pending', 'done')),
  tries int not null default 0,
  next_at timestamptz not null,
  created_at timestamptz not null,
  done_at timestamptz,
  check ((status = 'done') = (done_at is not null))
);
create index refunds_of_payment on payment.refunds (payment_id);
create index refunds_to_pay on payment.refunds (next_at) where status = 'pending';
