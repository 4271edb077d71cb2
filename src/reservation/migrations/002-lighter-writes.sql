-- lock order: shows (shared) → new reservations; reservations by id → shows (shared) → payments_seen, cancellations, lines
-- A payment changes the status of a reservation twice; an index on it would rewrite all of them each time.
drop index reservation.reservations_live_of_show;
create index reservations_live_of_show on reservation.reservations (show_id, id) where ended_at is null;
alter table reservation.reservations set (fillfactor = 60);
-- Lines are only ever written with their reservation, in one transaction; verify looks for one without.
alter table reservation.lines drop constraint lines_reservation_id_fkey;
-- Confirmed is a fact of the reservation: its payment_id with confirmed_at.
drop index reservation.payments_seen_one_of_reservation;
update reservation.payments_seen set status = 'pinned' where status = 'confirmed';
alter table reservation.payments_seen drop constraint payments_seen_status_check;
alter table reservation.payments_seen add constraint payments_seen_status_check check (status in ('pinned', 'unpinned'));
create unique index payments_seen_one_of_reservation on reservation.payments_seen (reservation_id) where status = 'pinned';
