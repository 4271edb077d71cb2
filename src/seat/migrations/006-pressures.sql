-- What presses on each process that sells a show: whichever tells of the show tells of all of them.
create table seat.pressures (
  show_id uuid not null,
  process uuid not null,
  seen_at timestamptz not null,
  pressure jsonb not null,
  primary key (show_id, process)
);
create index pressures_by_age on seat.pressures (seen_at);
