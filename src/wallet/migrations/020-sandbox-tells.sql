-- when the sandbox told its answer by a callback; only of charges that ask for one
alter table wallet.sandbox_charges add column told_at timestamptz;
create index sandbox_charges_to_tell on wallet.sandbox_charges (answers_at) where source = 'sandbox:callback' and told_at is null;
