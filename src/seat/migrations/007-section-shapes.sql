-- how the sections stand in the hall, as published with the plan: [{section, x, y, …}]
alter table seat.shows add column shapes jsonb not null default '[]';
