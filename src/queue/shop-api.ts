import Type, { type Static } from 'typebox'
import { Count, Exact, Id, Instant, operation, Text } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'

export const shopLimits = { shopsMax: 100, floorsMax: 1_000, seatsMax: 1_000 } as const

export const Shop = Exact({ id: Id, name: Type.String(), organiserId: Id, createdAt: Instant })
export type Shop = Static<typeof Shop>
const After = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** What another shop behind this line may ask and tell; where this installation sells the seats itself nobody calls these. */
export const shopOperations = {
  /** A shop of an organiser, known by the hash of its key; the same shopId gives the same shop. */
  makeShop: operation({ input: Exact({ by: Id, shopId: Id, organiserId: Id, name: Text(80), keyHash: Text(64) }), output: Shop, refusals: ['shops_too_many'] }),
  shops: operation({ input: Exact({ organiserId: Id }), output: Exact({ shops: Type.Array(Shop) }) }),
  /** Its key opens nothing from here on. Without `organiserId` anybody's shop. */
  endShop: operation({ input: Exact({ by: Id, shopId: Id, organiserId: Type.Optional(Id) }), output: Exact({}), refusals: ['shop_unknown'] }),
  shopOf: operation({ input: Exact({ keyHash: Text(64) }), output: Shop, refusals: ['shop_key_invalid'] }),
  /** Floors of a show after one that was read: passes of a user with a smaller number have ended. `last` is where to read on. */
  floors: operation({
    input: Exact({ showId: Id, after: After }),
    output: Exact({ floors: Type.Array(Exact({ userId: Id, floor: Count })), last: After, more: Type.Boolean() }),
  }),
  floorOf: operation({ input: Exact({ showId: Id, userId: Id }), output: Exact({ floor: Count }) }),
  /**
   * A shop tells that a user bought `seats`, or is `done`: the place ends with the last seat one may buy, or at once.
   * The same purchaseId counts once.
   */
  purchase: operation({
    input: Exact({ purchaseId: Id, shopId: Id, showId: Id, userId: Id, seats: Type.Integer({ minimum: 0, maximum: shopLimits.seatsMax }), done: Type.Boolean() }),
    output: Exact({ seats: Count, done: Type.Boolean() }),
    refusals: ['place_unknown'],
  }),
}

const ask = { en: 'Ask the organiser of the show for a key.', ko: '공연 주최자에게 키를 요청해 주세요.' }
export const shopRefusals = {
  shop_key_invalid: { status: 401, en: 'This Shop-Key is missing, wrong or no longer in use.', ko: 'Shop-Key가 없거나, 틀렸거나, 더는 쓰이지 않아요.', next: ask },
  pass_missing: { status: 401, en: 'This page is entered with a pass.', ko: '입장권이 있어야 들어갈 수 있어요.', next: { en: 'Join the line of the show and come in on your turn.', ko: '줄을 서고 차례가 되면 들어와 주세요.' } },
  shop_unknown: { status: 404, en: 'There is no such shop of yours.', ko: '그런 판매처가 없어요.', next: { en: 'Look at GET /api/shops.', ko: 'GET /api/shops에서 확인해 주세요.' } },
  shops_too_many: { status: 409, en: 'An organiser may have at most 100 shops.', ko: '판매처는 100곳까지 만들 수 있어요.', next: { en: 'End one that is no longer used.', ko: '쓰지 않는 판매처를 먼저 끝내 주세요.' } },
} as const satisfies RefusalCatalogue
