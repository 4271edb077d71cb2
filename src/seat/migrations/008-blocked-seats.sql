-- The blocked seats of a show are few and are listed by themselves. On the reason, not the status: a hold or a sale changes
-- no column that this index looks at, so their updates stay on their page (HOT).
create index seats_blocked on seat.seats (show_id, id) where blocked_reason is not null;
