import sql from 'sql-template-tag'
import type { Database } from '../platform/database.ts'

/** The reference way of a whole purchase: one transaction a step (hold, reserve, pay, confirm with its message). */
export async function prepareNaivePurchase(db: Database, seats: number, users: number) {
  await db.transaction((tx) => tx.script(`
    drop schema if exists naive_purchase cascade;
    create schema naive_purchase;
    set local search_path to naive_purchase;
    create table seats (id int primary key, status smallint not null default 0, user_id int, until timestamptz) with (fillfactor = 70);
    create table reservations (id int primary key, user_id int not null, seat_id int not null, price bigint not null, status text not null);
    create table accounts (user_id int primary key, balance bigint not null check (balance >= 0));
    create table payments (id int primary key, reservation_id int not null unique, amount bigint not null, status text not null);
    create table entries (id bigint generated always as identity primary key, user_id int not null, amount bigint not null, payment_id int not null);
    create table outbox (id bigint generated always as identity primary key, name text not null, data jsonb not null);
    insert into seats (id) select * from generate_series(1, ${seats});
    insert into accounts select i, 1000000 from generate_series(1, ${users}) i;
    analyze seats; analyze accounts`))
}

export async function naivePurchase(db: Database, n: number) {
  const now = new Date()
  await db.transaction(async (tx) => {
    await tx.rows(sql`select status from naive_purchase.seats where id = ${n} for update`)
    await tx.rows(sql`update naive_purchase.seats set status = 1, user_id = ${n}, until = ${now} where id = ${n}`)
  })
  await db.transaction(async (tx) => {
    await tx.rows(sql`select status from naive_purchase.seats where id = ${n} and user_id = ${n}`)
    await tx.rows(sql`insert into naive_purchase.reservations values (${n}, ${n}, ${n}, 100, 'pending')`)
  })
  await db.transaction(async (tx) => {
    await tx.rows(sql`select balance from naive_purchase.accounts where user_id = ${n} for update`)
    await tx.rows(sql`update naive_purchase.accounts set balance = balance - 100 where user_id = ${n}`)
    await tx.rows(sql`insert into naive_purchase.payments values (${n}, ${n}, 100, 'completed')`)
    await tx.rows(sql`insert into naive_purchase.entries (user_id, amount, payment_id) values (${n}, -100, ${n})`)
  })
  await db.transaction(async (tx) => {
    await tx.rows(sql`update naive_purchase.reservations set status = 'confirmed' where id = ${n}`)
    await tx.rows(sql`update naive_purchase.seats set status = 2 where id = ${n}`)
    await tx.rows(sql`insert into naive_purchase.outbox (name, data) values ('reservation.confirmed', ${JSON.stringify({ n })}::jsonb)`)
  })
}
