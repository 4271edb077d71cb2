import Type, { type Static } from 'typebox'
import { Count, Exact, Id, Instant, operation, Text } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'

export const watchLimits = {
  seatsMax: 8,
  /** of one user over all shows */
  watchesMax: 50,
  /** after the show began */
  keptDays: 30,
} as const

const wish = {
  /** absent: any */
  grade: Type.Optional(Text(64)),
  quantity: Type.Integer({ minimum: 1, maximum: watchLimits.seatsMax }),
  together: Type.Boolean(),
}
export const Wish = Exact(wish)
export const Watch = Exact({
  id: Id,
  showId: Id,
  ...wish,
  /** the place in line by which it is served; null: after all who stood in line, by when it was made */
  place: Type.Union([Exact({ windowId: Id, number: Count, rank: Type.Union([Count, Type.Null()]) }), Type.Null()]),
  madeAt: Instant,
  /** seats of the grade that can be had now, as seat last told; null: it has not told */
  seatsLeft: Type.Union([Count, Type.Null()]),
  /** the show sells no more */
  over: Type.Boolean(),
})
export type Watch = Static<typeof Watch>

export const watchOperations = {
  /** One for each show and grade: asked again it changes quantity and togetherness, and keeps its order. */
  watch: operation({
    input: Exact({ id: Id, showId: Id, userId: Id, ...wish }),
    output: Exact({ created: Type.Boolean(), watch: Watch }),
    refusals: ['show_unknown', 'show_preparing', 'watch_over', 'watch_grade_unknown', 'watches_used_up'],
  }),
  watches: operation({ input: Exact({ userId: Id }), output: Exact({ watches: Type.Array(Watch) }) }),
  unwatch: operation({ input: Exact({ id: Id, userId: Id }), output: Exact({}), refusals: ['watch_unknown'] }),
}

export const watchRefusals = {
  watch_over: { status: 409, en: 'This show sells no more.', ko: '이 회차는 판매가 끝났어요.', next: { en: 'Look for another date.', ko: '다른 회차를 찾아 주세요.' } },
  watch_grade_unknown: { status: 409, en: 'This show has no such grade.', ko: '이 회차에 없는 등급이에요.', next: { en: 'Choose one of grades, or none for any.', ko: 'grades 중에서 고르거나 비워서 모든 등급을 기다려 주세요.' } },
  watches_used_up: { status: 409, en: 'You are watching as much as one may.', ko: '기다릴 수 있는 만큼 모두 걸어 두셨어요.', next: { en: 'Delete a watch you no longer need.', ko: '더 필요 없는 것을 지워 주세요.' } },
  watch_unknown: { status: 404, en: 'You have no such watch.', ko: '그런 취소표 기다리기가 없어요.', next: { en: 'Look at your watches.', ko: '걸어 둔 목록을 확인해 주세요.' } },
} as const satisfies RefusalCatalogue
