-- What support wrote down about a buyer of a show. Nothing is changed or taken back; it goes with the account.
create table "user".notes (
  id uuid primary key,
  user_id uuid not null references "user".users,
  show_id uuid not null,
  author uuid not null references "user".users,
  text text not null check (char_length(text) between 1 and 1000),
  at timestamptz not null
);
create index notes_of_buyer on "user".notes (user_id, show_id, at, id);
create function "user".keep_note() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and exists (select 1 from "user".users where id = old.user_id and erased_at is not null) then
    return old;
  end if;
  raise exception '%.% is append-only', tg_table_schema, tg_table_name;
end $$;
create trigger notes_append_only before update or delete on "user".notes for each row execute function "user".keep_note();
