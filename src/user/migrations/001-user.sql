create table "user".users (
  id uuid primary key,
  email text not null unique check (email = lower(email)),
  name text not null,
  role text not null default 'buyer' check (role in ('buyer', 'organiser', 'staff', 'operator')),
  -- null once the account is erased or for rehearsal fans, who cannot sign in
  password_hash text,
  verified_at timestamptz,
  epoch int not null default 0,
  epoch_at timestamptz not null,
  failures int not null default 0,
  failed_at timestamptz,
  created_at timestamptz not null,
  erased_at timestamptz,
  event_version bigint not null default 0
);
create index users_by_epoch on "user".users (epoch_at) where epoch > 0;
create table "user".sessions (
  id uuid primary key,
  user_id uuid not null references "user".users,
  refresh_hash text not null,
  previous_hash text,
  rotated_at timestamptz,
  created_at timestamptz not null,
  until timestamptz not null,
  ended_at timestamptz,
  ended_reason text,
  check ((ended_at is null) = (ended_reason is null))
);
create unique index sessions_by_refresh on "user".sessions (refresh_hash);
create index sessions_by_previous on "user".sessions (previous_hash) where previous_hash is not null;
create index sessions_of_user on "user".sessions (user_id);
create index sessions_by_end on "user".sessions (ended_at) where ended_at is not null;
-- single-use links; only the hash is kept
create table "user".links (
  token_hash text primary key,
  user_id uuid not null references "user".users,
  purpose text not null check (purpose in ('verify', 'reset')),
  until timestamptz not null,
  used_at timestamptz
);
create table "user".mails (
  id bigint generated always as identity primary key,
  recipient text not null,
  subject text not null,
  -- blanked once sent, for it carries a link
  body text not null,
  created_at timestamptz not null,
  sent_at timestamptz,
  attempts int not null default 0
);
create index mails_unsent on "user".mails (id) where sent_at is null;
create table "user".audit (
  id bigint generated always as identity primary key,
  actor uuid not null,
  at timestamptz not null,
  action text not null,
  target text not null,
  before jsonb,
  after jsonb
);
