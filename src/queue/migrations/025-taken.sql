-- seats held, pinned and returned, as seat last told: who is in and holds none of them is still choosing
alter table queue.shows add column taken int check (taken >= 0);
