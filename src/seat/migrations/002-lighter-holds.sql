-- A hold changes hold_id of its seats: with an index on it, each write of a seat touched every index of the table.
-- The seats of a hold are found by their ids, which the hold keeps.
drop index seat.seats_of_hold;
-- one index serves the holds of a user, live or all
drop index seat.holds_of_user;
drop index seat.holds_of_user_show;
create index holds_of_user on seat.holds (user_id, show_id, held_at);
-- closed, and live holds may be left: only such shows are looked through
alter table seat.shows add column emptying boolean not null default false;
update seat.shows set emptying = true where status = 'closed';
-- lets one statement undo itself instead of asking a round trip later
create function seat.must(ok boolean, code text, what text) returns boolean language plpgsql as $$
begin
  if ok is not true then raise exception using errcode = code, message = what; end if;
  return true;
end $$;
