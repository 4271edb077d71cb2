-- What seat told last of a show's seats, for lists: they ask nobody.
alter table concert.shows add column sold_out boolean not null default false;
