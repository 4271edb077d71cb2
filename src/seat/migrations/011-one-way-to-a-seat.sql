-- A plan made while there were few seats believes any index that begins with the show to be as good as the key, and may
-- read a whole hall for each seat by this one. It says the show in other words now, which no statement does; no two seats
-- have one place, as before. Built while everybody waits: 0.7 s for 500,000 seats.
alter table seat.seats drop constraint seats_show_id_section_row_name_number_key;
create unique index seats_by_place on seat.seats (uuid_send(show_id), section, row_name, number);
-- lists follow what is told of the seats from now on: it is told once of every show
update seat.shows set stock_version = -1 where ready;
