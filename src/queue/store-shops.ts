import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { Shop } from './shop-api.ts'

const shopColumns = sql`id, name, organiser_id as "organiserId", created_at as "createdAt"`

type NewShop = { shopId: string; organiserId: string; name: string; keyHash: string }

/** Nothing when the organiser has `max` already; another one made at the same instant may still pass it by one. */
export const insertShop = (tx: Tx, shop: NewShop, max: number, now: number) =>
  tx.rows<Shop>(sql`
    insert into queue.shops (id, organiser_id, name, key_hash, created_at)
    select ${shop.shopId}, ${shop.organiserId}, ${shop.name}, ${shop.keyHash}, ${at(now)}
    where (select count(*) from queue.shops where organiser_id = ${shop.organiserId} and ended_at is null) < ${max}
    on conflict (id) do nothing returning ${shopColumns}`)

export const shopById = async (db: Reader, shopId: string) =>
  (await db.rows<Shop & { keyHash: string }>(sql`select ${shopColumns}, key_hash as "keyHash" from queue.shops where id = ${shopId}`))[0]

export const shopsOf = (db: Reader, organiserId: string, max: number) =>
  db.rows<Shop>(sql`
    select ${shopColumns} from queue.shops where organiser_id = ${organiserId} and ended_at is null order by created_at, id limit ${max}`)

export const endShop = (tx: Tx, shopId: string, organiserId: string | undefined, now: number) =>
  tx.rows(sql`
    update queue.shops set ended_at = ${at(now)}
    where id = ${shopId} and ended_at is null and (${organiserId ?? null}::uuid is null or organiser_id = ${organiserId ?? null}) returning id`)

export const liveShopsByKey = (db: Reader, keyHashes: string[]) =>
  db.rows<Shop & { keyHash: string }>(sql`
    select ${shopColumns}, key_hash as "keyHash" from queue.shops where key_hash = any(${keyHashes}::text[]) and ended_at is null`)

export type Floor = { userId: string; floor: number }

/** Locks what a shop's show is numbered under; makes it first. */
export async function lockShopShow(tx: Tx, showId: string): Promise<{ lastSeq: number; eventVersion: number }> {
  await tx.rows(sql`insert into queue.shop_shows (show_id) values (${showId}) on conflict do nothing`)
  const [row] = await tx.rows<{ lastSeq: number; eventVersion: number }>(sql`
    select last_seq as "lastSeq", event_version as "eventVersion" from queue.shop_shows where show_id = ${showId} for update`)
  if (!row) throw new Error(`show ${showId} has no row`)
  return row
}

/** Each user once, the show's row locked. A floor only rises, and a raised one is the newest. */
export async function raiseFloors(tx: Tx, showId: string, lastSeq: number, floors: Floor[]): Promise<void> {
  await tx.rows(sql`
    insert into queue.pass_floors as f (show_id, user_id, floor, seq)
    select ${showId}, w.user_id, w.floor, ${lastSeq}::bigint + w.i
    from unnest(${floors.map((f) => f.userId)}::uuid[], ${floors.map((f) => f.floor)}::bigint[]) with ordinality as w(user_id, floor, i)
    on conflict (show_id, user_id) do update set floor = excluded.floor, seq = excluded.seq where f.floor < excluded.floor`)
  await tx.rows(sql`update queue.shop_shows set last_seq = last_seq + ${floors.length}::int where show_id = ${showId}`)
}

export const floorsAfter = (db: Reader, showId: string, after: number, max: number) =>
  db.rows<Floor & { seq: number }>(sql`
    select user_id as "userId", floor, seq from queue.pass_floors where show_id = ${showId} and seq > ${after} order by seq limit ${max}`)

type OfUser = { showId: string; userId: string }
const shows = (of: OfUser[]) => of.map(({ showId }) => showId)
const users = (of: OfUser[]) => of.map(({ userId }) => userId)

export const floorsOf = (db: Reader, of: OfUser[]) =>
  db.rows<OfUser & { floor: number }>(sql`
    select f.show_id as "showId", f.user_id as "userId", f.floor
    from unnest(${shows(of)}::uuid[], ${users(of)}::uuid[]) as w(show_id, user_id) join queue.pass_floors f using (show_id, user_id)`)

export type Bought = { seats: number; done: boolean }
export const boughtOf = (db: Reader, of: OfUser[]) =>
  db.rows<OfUser & Bought>(sql`
    select p.show_id as "showId", p.user_id as "userId", sum(p.seats)::int as seats, bool_or(p.done) as done
    from (select distinct * from unnest(${shows(of)}::uuid[], ${users(of)}::uuid[]) as w(show_id, user_id)) w
    join queue.shop_purchases p using (show_id, user_id) group by p.show_id, p.user_id`)

/** The show has buyers, as far as its shop told. */
export const hasBuyers = async (tx: Tx, showId: string) =>
  (await tx.rows(sql`select 1 from queue.shop_purchases where show_id = ${showId} and seats > 0 limit 1`)).length > 0

export const countEvent = (tx: Tx, showId: string, version: number) =>
  tx.rows(sql`update queue.shop_shows set event_version = ${version} where show_id = ${showId}`)

export const passGiven = async (tx: Tx, showId: string, userId: string) =>
  (await tx.rows(sql`select 1 from queue.pass_numbers where show_id = ${showId} and user_id = ${userId}`)).length > 0

type NewPurchase = OfUser & Bought & { purchaseId: string; shopId: string; hash: string }
/** The purchase's hash as it is stored: another one means that the id was used for something else. */
export async function insertPurchase(tx: Tx, p: NewPurchase, now: number): Promise<{ fresh: boolean; hash: string }> {
  const fresh = await tx.rows(sql`
    insert into queue.shop_purchases (id, shop_id, show_id, user_id, seats, done, request_hash, at)
    values (${p.purchaseId}, ${p.shopId}, ${p.showId}, ${p.userId}, ${p.seats}, ${p.done}, ${p.hash}, ${at(now)})
    on conflict (id) do nothing returning id`)
  const [row] = await tx.rows<{ hash: string }>(sql`select request_hash as hash from queue.shop_purchases where id = ${p.purchaseId}`)
  return { fresh: fresh.length > 0, hash: row?.hash ?? p.hash }
}
