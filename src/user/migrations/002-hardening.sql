-- Every refresh token that was ever replaced: showing any of them again is reuse and ends the session.
create table "user".spent_refreshes (
  token_hash text primary key,
  session_id uuid not null references "user".sessions on delete cascade
);
create index spent_refreshes_of_session on "user".spent_refreshes (session_id);
insert into "user".spent_refreshes (token_hash, session_id)
  select previous_hash, id from "user".sessions where previous_hash is not null on conflict do nothing;
drop index "user".sessions_by_previous;

-- Set where access tokens live longer than usual (rehearsals): until then an end of the session must be told.
alter table "user".sessions add column access_until timestamptz;
create index sessions_ended_long on "user".sessions (access_until) where ended_at is not null and access_until is not null;

-- Failed logins by the hash of the address, whether it has an account or not: a delay must not tell which.
create table "user".throttles (
  subject text primary key,
  failures int not null check (failures > 0),
  failed_at timestamptz not null,
  until timestamptz not null
);
create index throttles_by_time on "user".throttles (failed_at);
alter table "user".users drop column failures, drop column failed_at;

-- The same one row for every address; whether there is an account is found out later, by a job.
create table "user".reset_requests (email text primary key, created_at timestamptz not null);

-- Nobody else sends it before then: the lease of its sender, or the pause after a failure.
alter table "user".mails add column next_at timestamptz;
update "user".mails set next_at = created_at;
alter table "user".mails alter column next_at set not null;
drop index "user".mails_unsent;
create index mails_unsent on "user".mails (next_at, id) where sent_at is null;
create index links_of_user on "user".links (user_id);
create index links_by_end on "user".links (until);
