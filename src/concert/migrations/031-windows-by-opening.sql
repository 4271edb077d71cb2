-- what opens about now is found without reading every window there ever was
create index windows_by_opening on concert.windows (opens_at);
