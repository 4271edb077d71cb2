create index appeals_upheld on queue.appeals (answered_at, id) where outcome = 'upheld';
