-- Double entry: every movement of money is one transfer between two accounts, so all balances sum to zero.
-- A wallet is a user's, a sales account a show's, an external account a provider's. Only wallets may not go below zero.
create table wallet.accounts (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('wallet', 'sales', 'external')),
  owner text not null,
  currency text not null default 'KRW' check (currency = 'KRW'),
  balance bigint not null default 0,
  closed_at timestamptz,
  constraint accounts_of_an_owner unique (kind, owner),
  constraint wallet_not_below_zero check (kind <> 'wallet' or balance >= 0)
) with (fillfactor = 70);

-- The balances after it are kept on each side, so the ledger of an account chains and can be read without summing.
create table wallet.transfers (
  id bigint generated always as identity (cache 1) primary key,
  debit bigint not null references wallet.accounts,
  credit bigint not null references wallet.accounts,
  amount bigint not null check (amount > 0),
  kind text not null check (kind in ('payment', 'refund', 'top_up', 'withdrawal', 'withdrawal_returned', 'credit')),
  ref uuid not null,
  at timestamptz not null,
  debit_balance bigint not null,
  credit_balance bigint not null,
  constraint transfers_between_two check (debit <> credit),
  constraint transfers_once unique (kind, ref)
);
create index transfers_by_debit on wallet.transfers (debit, id);
create index transfers_by_credit on wallet.transfers (credit, id);

-- The first answer to a payment is final: done, refused or void. It outlives every retry.
create table wallet.decisions (
  ref uuid primary key,
  user_id uuid not null,
  outcome text not null check (outcome in ('done', 'balance_insufficient', 'void')),
  amount bigint check (amount > 0),
  request_hash text,
  params jsonb not null,
  at timestamptz not null,
  constraint decisions_void_knows_no_request
    check ((outcome = 'void') = (request_hash is null) and (outcome = 'void') = (amount is null))
);

-- Errands to the provider: it is asked with the same ref until it answers; next_at is when the next driver may ask.
create table wallet.topups (
  ref uuid primary key,
  user_id uuid not null,
  amount bigint not null check (amount > 0),
  source text,
  provider text not null,
  status text not null default 'pending' check (status in ('pending', 'done', 'declined')),
  request_hash text not null,
  attempt int not null default 1,
  next_at timestamptz not null,
  created_at timestamptz not null,
  settled_at timestamptz,
  event_version bigint not null default 0,
  constraint topups_settled check ((status = 'pending') = (settled_at is null))
);
create index topups_due on wallet.topups (next_at) where status = 'pending';
create index topups_pending_by_user on wallet.topups (user_id, created_at) where status = 'pending';

create table wallet.withdrawals (
  ref uuid primary key,
  user_id uuid not null,
  amount bigint not null check (amount > 0),
  source text,
  provider text not null,
  status text not null default 'pending' check (status in ('pending', 'done', 'declined')),
  request_hash text not null,
  attempt int not null default 1,
  next_at timestamptz not null,
  created_at timestamptz not null,
  settled_at timestamptz,
  event_version bigint not null default 0,
  constraint withdrawals_settled check ((status = 'pending') = (settled_at is null))
);
create index withdrawals_due on wallet.withdrawals (next_at) where status = 'pending';

-- The sandbox bank's own books: a stand-in for a foreign system, written in its own commits, read by nothing else.
create table wallet.sandbox_charges (
  ref uuid primary key,
  direction text not null check (direction in ('in', 'out')),
  amount bigint not null check (amount > 0),
  source text not null,
  outcome text not null check (outcome in ('approved', 'declined')),
  created_at timestamptz not null,
  answers_at timestamptz not null
);
