-- When what a closed wallet holds is sent out next; null where nothing is owed. Whatever lands there sets it.
alter table wallet.accounts add column pay_out_at timestamptz;
update wallet.accounts set pay_out_at = closed_at where closed_at is not null and balance > 0;
alter table wallet.accounts add constraint accounts_paid_out_when_closed
  check (pay_out_at is null or (kind = 'wallet' and closed_at is not null));
create index accounts_to_pay_out on wallet.accounts (pay_out_at) where pay_out_at is not null;
