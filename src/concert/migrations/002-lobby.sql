-- from when fans gather to be drawn; null: places go by arrival
alter table concert.windows add column lobby_opens_at timestamptz;
alter table concert.windows add constraint windows_lobby_before_open check (lobby_opens_at <= opens_at - interval '1 minute');
