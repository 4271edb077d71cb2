-- another shop sells the seats of this show: it is published without a plan
alter table concert.shows add column sold_here boolean not null default true;
alter table concert.shows drop constraint shows_sold_with_plan;
alter table concert.shows add constraint shows_sold_with_plan check (status in ('draft', 'deleted') or plan is not null or not sold_here);
