-- Failures of an account count by who sent them and, with an empty sender, over all of them. What was counted so far is the latter.
alter table "user".throttles add column sender text not null default '';
alter table "user".throttles alter column sender drop default;
alter table "user".throttles drop constraint throttles_pkey, add primary key (subject, sender);
