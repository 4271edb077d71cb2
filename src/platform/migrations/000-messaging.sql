create table outbox (
  id bigint generated always as identity (cache 1) primary key,
  key text not null,
  version bigint not null check (version > 0),
  slot int not null check (slot between 0 and 15),
  name text not null,
  data jsonb not null,
  occurred_at timestamptz not null
);
create index outbox_by_slot on outbox (slot, id);
create table outbox_leases (slot int primary key, holder text not null, until timestamptz not null);
create table inbox (
  producer text not null,
  key text not null,
  version bigint not null,
  primary key (producer, key)
);
create table parked (
  producer text not null,
  key text not null,
  version bigint not null,
  name text not null,
  data jsonb not null,
  occurred_at timestamptz not null,
  error text not null,
  parked_at timestamptz not null,
  primary key (producer, key, version)
);
