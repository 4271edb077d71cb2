-- shows that are paused, as this service has heard: no wait for a bank runs out meanwhile
create table payment.pauses (show_id uuid primary key, paused_at timestamptz not null);
create index payments_waiting on payment.payments (show_id) where status = 'pending' and until is not null;
