-- read and deleted by slot: one index serves both
alter table outbox drop constraint outbox_pkey;
drop index outbox_by_slot;
alter table outbox add primary key (slot, id);
