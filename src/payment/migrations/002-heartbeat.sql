-- written while somebody could act on the deadlines of payments that wait for a bank
create table payment.heartbeats (id int primary key check (id = 1), beat_at timestamptz not null);
