-- Wishes for seats that come back. `window_id` and `number` are the place that ranks it; without one it comes after all who
-- stood in line, by `made_at`. A place is never taken away, so the order outlives the leaving of the line.
create table queue.watches (
  id uuid primary key,
  show_id uuid not null references queue.shows,
  user_id uuid not null,
  -- '': any
  grade text not null,
  quantity int not null check (quantity between 1 and 8),
  together boolean not null,
  window_id uuid,
  number int,
  made_at timestamptz not null,
  check ((window_id is null) = (number is null)),
  unique (user_id, show_id, grade)
);
create index watches_of_show on queue.watches (show_id);
