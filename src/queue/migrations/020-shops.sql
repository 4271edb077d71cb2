-- Another shop that sells behind this line: its key, of which only the hash is kept.
create table queue.shops (
  id uuid primary key,
  organiser_id uuid not null,
  name text not null,
  key_hash text not null unique,
  created_at timestamptz not null,
  ended_at timestamptz
);
create index shops_of_organiser on queue.shops (organiser_id, created_at, id) where ended_at is null;
-- a row of each show to lock: floors are numbered under it, so that whoever reads on misses none
create table queue.shop_shows (
  show_id uuid primary key,
  last_seq bigint not null default 0,
  event_version bigint not null default 0
);
-- passes of a user below the floor have ended
create table queue.pass_floors (
  show_id uuid not null references queue.shop_shows,
  user_id uuid not null,
  floor bigint not null check (floor > 0),
  seq bigint not null,
  primary key (show_id, user_id)
);
create unique index pass_floors_by_seq on queue.pass_floors (show_id, seq);
-- what a shop told of its buyers; append-only
create table queue.shop_purchases (
  id uuid primary key,
  shop_id uuid not null references queue.shops,
  show_id uuid not null,
  user_id uuid not null,
  seats int not null check (seats between 0 and 1000),
  done boolean not null,
  request_hash text not null,
  at timestamptz not null
);
create index shop_purchases_of_user on queue.shop_purchases (show_id, user_id);
