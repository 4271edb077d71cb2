-- What was refunded of a show is found by its cancellations: they are few, and no purchase writes them. `paid` ones
-- ended lines that were bought, the others ended before anybody had paid.
alter table reservation.cancellations add column show_id uuid;
alter table reservation.cancellations add column paid boolean;
update reservation.cancellations c set show_id = r.show_id, paid = r.confirmed_at is not null
from reservation.reservations r where r.id = c.reservation_id;
alter table reservation.cancellations alter column show_id set not null;
alter table reservation.cancellations alter column paid set not null;
create index cancellations_of_show on reservation.cancellations (show_id, created_at, id) where paid;
