-- How far a turn may be renewed, from its claim on: else who came in could keep a slot for ever. Null: claimed before.
alter table queue.places add column turn_until timestamptz;
