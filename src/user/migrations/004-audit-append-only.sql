-- who did what stays written
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%.% is append-only', tg_table_schema, tg_table_name;
end $$;
create trigger audit_append_only before update or delete on audit for each statement execute function refuse_change();
