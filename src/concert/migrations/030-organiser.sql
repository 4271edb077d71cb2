-- counts changes, so that who saves over a change not seen is told
alter table concert.concerts add column version int not null default 1;
alter table concert.shows add column version int not null default 1;
-- an organiser's own, newest first; and what is on by date
create index concerts_of_organiser on concert.concerts (organiser_id, created_at desc, id desc) where deleted_at is null;
create index shows_by_start on concert.shows (starts_at, id) where status <> 'deleted';

-- who may help at the door of a concert; no role, a relation
create table concert.staff (
  concert_id uuid not null references concert.concerts,
  user_id uuid not null,
  added_by uuid not null,
  added_at timestamptz not null,
  primary key (concert_id, user_id)
);
create index staff_by_user on concert.staff (user_id);
