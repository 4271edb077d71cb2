-- Transfers take their accounts from locked rows of the same transaction and accounts are never deleted, so two look-ups
-- a transfer proved nothing; verify looks for a transfer without its account.
alter table wallet.transfers drop constraint transfers_debit_fkey;
alter table wallet.transfers drop constraint transfers_credit_fkey;
