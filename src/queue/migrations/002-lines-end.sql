-- a line ends when its show begins; null for shows published before
alter table queue.shows add column starts_at timestamptz;
