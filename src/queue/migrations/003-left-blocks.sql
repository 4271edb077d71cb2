-- How many left before they were called, by blocks of 256 numbers: a position is read without reading everybody who left.
create table queue.left_blocks (
  window_id uuid not null references queue.lines,
  block int not null,
  places int not null check (places between 1 and 256),
  primary key (window_id, block)
) with (fillfactor = 50);
insert into queue.left_blocks (window_id, block, places)
select window_id, number / 256, count(*) from queue.places where status = 'ended' and called_at is null group by 1, 2;
-- the last place of a user in a line, however often the user came and went
drop index queue.places_of_user;
create index places_of_user on queue.places (user_id, window_id, number);
