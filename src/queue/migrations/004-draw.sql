-- the lobby and the draw of a line
alter table queue.lines
  add column lobby_opens_at timestamptz,
  -- when the lobby ends; moved by an outage
  add column seals_at timestamptz,
  -- numbers 1…roster_count are drawn; fixed by sealing
  add column roster_count int not null default 0,
  -- of the draw: with it the roster has its order
  add column seed text check (seed ~ '^[0-9a-f]{64}$'),
  add check (roster_count between 0 and last),
  add check ((phase in ('lobby', 'sealed')) <= (seals_at is not null));
-- Of a place of the roster once it was called or left: its rank. Null: the number is the rank, or tells it by the seed.
alter table queue.places add column rank int check (rank > 0);
drop index queue.places_woken;
create index places_woken on queue.places (window_id, coalesce(rank, number)) where status = 'woken';
drop index queue.places_left;
create index places_left on queue.places (window_id, coalesce(rank, number)) where status = 'ended' and called_at is null;
-- secret and salt are here before the commitment is shown
create table queue.draws (
  window_id uuid primary key references queue.lines on delete cascade,
  secret text not null check (secret ~ '^[0-9a-f]{64}$'),
  salt text not null check (salt ~ '^[0-9a-f]{64}$'),
  commitment text not null check (commitment ~ '^[0-9a-f]{64}$'),
  -- the beacon's chain and round; null: none was named
  chain text,
  round bigint,
  round_at timestamptz,
  wait_ms int not null check (wait_ms >= 0),
  committed_at timestamptz not null,
  sealed_at timestamptz,
  root text check (root ~ '^[0-9a-f]{64}$'),
  rooted_at timestamptz,
  signature text check (signature ~ '^[0-9a-f]{96}$'),
  seed text check (seed ~ '^[0-9a-f]{64}$'),
  -- why the draw proves less than it should; never taken back
  weaker text[] not null default '{}',
  drawn_at timestamptz,
  check ((chain is null) = (round is null) and (chain is null) = (round_at is null)),
  check (root is null or sealed_at is not null),
  check ((root is null) = (rooted_at is null)),
  check ((seed is null) = (drawn_at is null)),
  check (seed is null or root is not null),
  check (seed is null or signature is not null or cardinality(weaker) > 0)
);
-- hashes of 256 leaves each of the roster's tree, by which a proof is made without reading everybody
create table queue.draw_blocks (
  window_id uuid not null references queue.draws on delete cascade,
  block int not null check (block >= 0),
  leaves int not null check (leaves between 1 and 256),
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  primary key (window_id, block)
);
