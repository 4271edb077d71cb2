create table concert.concerts (
  id uuid primary key,
  organiser_id uuid not null,
  title text not null check (char_length(title) between 1 and 200),
  -- what search compares: NFC, lower case, single spaces; and every two neighbouring characters of it
  title_normalised text not null,
  bigrams text[] not null,
  description text not null,
  venue text not null,
  poster text,
  request_hash text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleting_at timestamptz,
  deleted_at timestamptz,
  closing_result text check (closing_result = 'concert_has_buyers'),
  -- of its shows that are not drafts, for sorting; refreshed with every change of a show
  first_show_at timestamptz,
  last_show_at timestamptz,
  constraint concerts_deleted_or_deleting check (deleting_at is null or deleted_at is null),
  constraint concerts_span check ((first_show_at is null) = (last_show_at is null) and first_show_at <= last_show_at)
);
-- trigrams would miss two-syllable Korean titles
create index concerts_by_bigrams on concert.concerts using gin (bigrams) with (fastupdate = off) where deleted_at is null;
create index concerts_by_date on concert.concerts (first_show_at, id) where deleted_at is null;
create index concerts_by_date_down on concert.concerts (first_show_at desc nulls last, id) where deleted_at is null;
create index concerts_by_title on concert.concerts (title_normalised collate "C", id) where deleted_at is null;
create index concerts_by_created on concert.concerts (created_at desc, id) where deleted_at is null;

create table concert.shows (
  id uuid primary key,
  concert_id uuid not null references concert.concerts,
  status text not null default 'draft' check (status in ('draft', 'published', 'closing', 'cancelled', 'deleted')),
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  time_zone text not null,
  currency text not null default 'KRW' check (currency = 'KRW'),
  plan jsonb,
  -- counts changes of what is frozen by publishing: plan, prices and fee
  plan_version int not null default 0,
  totals jsonb not null default '[]',
  prices jsonb not null default '[]',
  booking_fee bigint not null default 0 check (booking_fee >= 0),
  tickets_per_user_max int not null check (tickets_per_user_max between 1 and 50),
  policy_version int not null default 1,
  cutoff_minutes int not null check (cutoff_minutes between 0 and 527040),
  paused_at timestamptz,
  -- 'concert' closes like 'delete', but the show comes back if another show of the concert has buyers
  closing_purpose text check (closing_purpose in ('delete', 'unpublish', 'concert')),
  closing_at timestamptz,
  emptied_at timestamptz,
  closing_result text check (closing_result = 'concert_has_buyers'),
  cancelled_reason text,
  request_hash text not null,
  event_version bigint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint shows_end_after_start check (ends_at > starts_at),
  constraint shows_closing check
    ((status = 'closing') = (closing_purpose is not null) and (closing_purpose is null) = (closing_at is null)),
  constraint shows_emptied_while_closing check (emptied_at is null or status = 'closing'),
  constraint shows_cancelled_with_reason check ((status = 'cancelled') = (cancelled_reason is not null)),
  constraint shows_sold_with_plan check (status in ('draft', 'deleted') or plan is not null)
);
create index shows_of_concert on concert.shows (concert_id, starts_at, id);
create index shows_closing_since on concert.shows (closing_at) where status = 'closing';

-- Windows of one show do not overlap: decided under the lock of its row (an exclusion constraint would need btree_gist).
create table concert.windows (
  id uuid primary key,
  show_id uuid not null references concert.shows,
  name text not null,
  opens_at timestamptz not null,
  closes_at timestamptz not null,
  audience text not null check (audience in ('everyone', 'codes')),
  sections text[],
  constraint windows_close_after_open check (closes_at > opens_at),
  constraint windows_by_name unique (show_id, name) deferrable initially deferred
);
create table concert.window_codes (
  window_id uuid not null references concert.windows on delete cascade,
  code_hash text not null,
  primary key (window_id, code_hash)
);

create table concert.audit (
  id bigint generated always as identity primary key,
  actor uuid not null,
  at timestamptz not null,
  action text not null,
  target text not null,
  before jsonb,
  after jsonb
);
create index audit_by_target on concert.audit (target);
