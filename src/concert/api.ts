import Type, { type Static } from 'typebox'
import { auditOperation } from '../platform/audit.ts'
import { type Api, Count, Exact, Id, Instant, operation, Text, Won } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'
import { concertLimits } from './limits.ts'

export { concertLimits } from './limits.ts'

const Numbers = Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: concertLimits.rowSeatsMax }), { maxItems: concertLimits.rowSeatsMax, uniqueItems: true }))
/** Seats 1…seats of a row; attribute lists name seat numbers within the row. */
export const PlanRow = Exact({
  name: Text(concertLimits.rowNameMax),
  seats: Type.Integer({ minimum: 1, maximum: concertLimits.rowSeatsMax }),
  /** another grade than its section's */
  grade: Type.Optional(Text(concertLimits.gradeNameMax)),
  accessible: Numbers,
  companion: Numbers,
  restrictedView: Numbers,
  aisle: Numbers,
  /** not on sale from the beginning, in the organiser's name */
  blocked: Numbers,
  blockedReason: Type.Optional(Text(concertLimits.reasonMax)),
})
export type PlanRow = Static<typeof PlanRow>

const Reach = Type.Number({ minimum: -concertLimits.hallReachMax, maximum: concertLimits.hallReachMax })
const Turn = Type.Optional(Type.Number({ minimum: -180, maximum: 180 }))
const Pitch = Type.Optional(Type.Number({ minimum: concertLimits.pitchMin, maximum: concertLimits.pitchMax }))
const FloorSize = Type.Optional(Type.Number({ minimum: 1, maximum: concertLimits.floorSizeMax }))
/**
 * How a section stands in the hall; without one it is placed by itself. Unit: the distance of two seats. `x`, `y` are its
 * middle, from the middle of the stage and away from it; `angle` turns it clockwise, in degrees; `curve` is how many
 * degrees its middle row bends from end to end, around the stage when positive.
 */
export const SectionShape = Exact({
  x: Reach,
  y: Reach,
  angle: Turn,
  curve: Turn,
  /** distance of seats in a row, and of rows */
  seatPitch: Pitch,
  rowPitch: Pitch,
  /** numbers run from the other end */
  mirrored: Type.Optional(Type.Boolean()),
  /** of a standing floor */
  width: FloorSize,
  depth: FloorSize,
})
export type SectionShape = Static<typeof SectionShape>
/** A standing section sells `capacity` entries; its seat number is the entry number. Seat ids are 1…N in plan order. */
export const PlanSection = Exact({
  name: Text(concertLimits.sectionNameMax),
  kind: Type.Union([Type.Literal('seated'), Type.Literal('standing')]),
  grade: Text(concertLimits.gradeNameMax),
  rows: Type.Optional(Type.Array(PlanRow, { minItems: 1, maxItems: concertLimits.rowsMax })),
  capacity: Type.Optional(Type.Integer({ minimum: 1, maximum: concertLimits.seatsMax })),
  shape: Type.Optional(SectionShape),
})
export type PlanSection = Static<typeof PlanSection>
export const Plan = Exact({ sections: Type.Array(PlanSection, { minItems: 1, maxItems: concertLimits.sectionsMax }) })
export type Plan = Static<typeof Plan>

export const Price = Exact({
  grade: Text(40),
  price: Won,
  types: Type.Optional(Type.Array(Exact({ name: Text(40), price: Won, proofAtDoor: Type.Boolean() }), { maxItems: concertLimits.priceTypesMax })),
})
export type Price = Static<typeof Price>
export const Window = Exact({
  id: Id,
  name: Text(80),
  /** from when fans gather to be drawn at `opensAt`, at least a minute before it; null: places go by arrival */
  lobbyOpensAt: Type.Union([Instant, Type.Null()]),
  opensAt: Instant,
  closesAt: Instant,
  audience: Type.Union([Type.Literal('everyone'), Type.Literal('codes')]),
  /** section names sold in this window; null for all */
  sections: Type.Union([Type.Array(Text(40), { maxItems: concertLimits.sectionsMax }), Type.Null()]),
})
export type Window = Static<typeof Window>
/** What selling needs of a window; its lobby is the queue's. */
export type SaleWindow = Omit<Window, 'lobbyOpensAt'>
/** Versioned and copied to the reservation: lines may be cancelled for a full refund until this long before the show. */
export const CancellationPolicy = Exact({ version: Count, cutoffMinutesBeforeStart: Type.Integer({ minimum: 0, maximum: 527_040 }) })

export const Show = Exact({
  id: Id,
  concertId: Id,
  organiserId: Id,
  title: Type.String(),
  venue: Type.String(),
  startsAt: Instant,
  endsAt: Instant,
  timeZone: Type.String(),
  currency: Type.Literal('KRW'),
  status: Type.Enum(['draft', 'published', 'closing', 'cancelled', 'deleted']),
  paused: Type.Boolean(),
  /** counts changes of what is frozen by publishing: plan, prices and fee */
  planVersion: Count,
  prices: Type.Array(Price),
  bookingFee: Won,
  ticketsPerUserMax: Type.Integer({ minimum: 1, maximum: 50 }),
  policy: CancellationPolicy,
  windows: Type.Array(Window),
  /** seats of the plan by grade */
  totals: Type.Array(Exact({ grade: Type.String(), total: Count })),
})
export type Show = Static<typeof Show>

/** A show as its page and its organiser see it. */
export const ShowDetail = Exact({
  ...Show.properties,
  /** why the last deletion or unpublishing did not happen: `concert_has_buyers` */
  closingResult: Type.Union([Type.String(), Type.Null()]),
  cancelledReason: Type.Union([Type.String(), Type.Null()]),
  /** counts changes; see `edited_meanwhile` */
  version: Count,
  createdAt: Instant,
  updatedAt: Instant,
})
export type ShowDetail = Static<typeof ShowDetail>

const concertFacts = {
  id: Id,
  organiserId: Id,
  title: Type.String(),
  venue: Type.String(),
  poster: Type.Union([Type.String(), Type.Null()]),
  /** earliest and latest start of its shows that are not drafts; null without any */
  firstShowAt: Type.Union([Instant, Type.Null()]),
  lastShowAt: Type.Union([Instant, Type.Null()]),
  createdAt: Instant,
  updatedAt: Instant,
}
export const ConcertItem = Exact(concertFacts)
const orNone = Type.Union([Instant, Type.Null()])
/**
 * Of the sales windows of its published shows: `opensAt`, when the next opens, null when none is to come; of those that
 * are open now, `openedAt`, when the latest opened, and `closesAt`, when the last closes or its show starts, null when none is.
 * `soldOut`: some are open, and their shows have no seat left and none in a basket, as seat told last, some two seconds before.
 */
export const FoundConcert = Exact({ ...concertFacts, opensAt: orNone, openedAt: orNone, closesAt: orNone, soldOut: Type.Boolean() })
export const Concert = Exact({
  ...concertFacts,
  description: Type.String(),
  /** a deletion was asked for and waits for the seats of its shows */
  closing: Type.Boolean(),
  /** why the last deletion did not happen: `concert_has_buyers` */
  closingResult: Type.Union([Type.String(), Type.Null()]),
  /** counts changes of its words; see `edited_meanwhile` */
  version: Count,
})
export type ConcertItem = Static<typeof ConcertItem>
export type FoundConcert = Static<typeof FoundConcert>
export type Concert = Static<typeof Concert>

export const ConcertSort = Type.Enum(['date', '-date', 'title', '-created'])
const Role = Type.Union([Type.Literal('organiser'), Type.Literal('operator')])
/** Who changes something: an organiser changes only own concerts, for others they do not exist; an operator all. */
export const By = Exact({ userId: Id, role: Role })
export type By = Static<typeof By>
/** Who reads: the owner and operators also see drafts. */
const viewer = Type.Optional(Exact({ userId: Id, role: Type.String() }))

/** Title, venue and description of a concert; the poster is an https address. */
export const ConcertText = Exact({
  title: Text(200),
  venue: Text(200),
  description: Type.Optional(Type.String({ maxLength: 10_000 })),
  poster: Type.Optional(Type.Union([Type.String({ maxLength: 500, pattern: '^https://[^\\s]+$' }), Type.Null()])),
})
/** The version is given by this service with each change; one that is sent back is ignored. */
export const PolicyInput = Exact({ version: Type.Optional(Count), cutoffMinutesBeforeStart: CancellationPolicy.properties.cutoffMinutesBeforeStart })
const policies = { bookingFee: Won, ticketsPerUserMax: Show.properties.ticketsPerUserMax, policy: PolicyInput }
export const Policies = Exact(policies)
const optionalPolicies = {
  bookingFee: Type.Optional(policies.bookingFee),
  ticketsPerUserMax: Type.Optional(policies.ticketsPerUserMax),
  policy: Type.Optional(policies.policy),
}
const times = { startsAt: Instant, endsAt: Instant, timeZone: Text(64) }
export const ShowTimes = Exact({ ...times, ...optionalPolicies })
export type ShowTimes = Static<typeof ShowTimes>
/** A known `id` or name keeps its window and, without `codes`, its codes. Codes go in and never come out. */
export const WindowInput = Exact({
  id: Type.Optional(Id),
  name: Text(80),
  lobbyOpensAt: Type.Optional(Window.properties.lobbyOpensAt),
  opensAt: Instant,
  closesAt: Instant,
  audience: Window.properties.audience,
  sections: Type.Optional(Window.properties.sections),
  codes: Type.Optional(Type.Array(Text(64), { minItems: 1, maxItems: concertLimits.codesMax })),
})
export type WindowInput = Static<typeof WindowInput>
export const Windows = Type.Array(WindowInput, { maxItems: concertLimits.windowsMax })
export const Prices = Type.Array(Price, { maxItems: concertLimits.gradesMax })
/** What makes a whole show; plan, prices and windows may also follow one by one. */
const showParts = { plan: Type.Optional(Plan), prices: Type.Optional(Prices), windows: Type.Optional(Windows) }
export const NewShow = Exact({ ...times, ...optionalPolicies, ...showParts })
export type NewShow = Static<typeof NewShow>

const ofShow = { by: By, showId: Id }
/** The version that was looked at; after another change `edited_meanwhile {version}`, unless all is as wanted already. */
const seen = { expectedVersion: Type.Optional(Count) }
const ownShow = ['show_unknown', 'concert_closing'] as const
const draftOnly = [...ownShow, 'show_not_draft', 'edited_meanwhile'] as const
/** Somebody who helps with one concert. */
const Staff = Type.Array(Exact({ userId: Id, addedAt: Instant }))
const making = ['concert_unknown', 'concert_closing', 'show_times_invalid', 'plan_invalid', 'windows_overlap'] as const

/** Operations other services use; the concert routes add their own, declared below them. */
export const concertServiceOperations = {
  /** Who did what, newest first. */
  audit: auditOperation,
  /** Cached for at most two seconds; drafts and deleted shows are answered too, see `status`. */
  show: operation({ input: Exact({ showId: Id }), output: Show, refusals: ['show_unknown'] }),
}

export const concertOperations = {
  ...concertServiceOperations,
  /**
   * Public pages, counted from 0. `title`: two characters or more, anywhere in the title. `from` ≤ start of a show that
   * is not a draft < `before`. Concerts without a date come last. `openingMinutes`: a sales window of a published show
   * opens within so many minutes, or has opened within them and is open still; unless sorted, the next to open first, then
   * what has opened, the latest first.
   */
  search: operation({
    input: Exact({
      title: Type.Optional(Type.String({ maxLength: 200 })),
      from: Type.Optional(Instant),
      before: Type.Optional(Instant),
      openingMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: concertLimits.openingMinutesMax })),
      /** false leaves out what is over: the last show has started */
      over: Type.Optional(Type.Boolean()),
      sort: Type.Optional(ConcertSort),
      page: Type.Integer({ minimum: 0, maximum: concertLimits.pagesMax }),
      size: Type.Integer({ minimum: 1, maximum: concertLimits.pageSizeMax }),
    }),
    output: Exact({ totalElements: Count, totalPages: Count, page: Count, size: Count, items: Type.Array(FoundConcert) }),
  }),
  /** An organiser's own concerts, an operator's all of them, newest first; each with its next shows, drafts too, and how many it has. */
  ownConcerts: operation({
    input: Exact({
      by: By,
      after: Type.Optional(Exact({ createdAt: Instant, id: Id })),
      limit: Type.Integer({ minimum: 1, maximum: concertLimits.ownConcertsMax + 1 }),
    }),
    output: Exact({ concerts: Type.Array(Exact({ concert: ConcertItem, showCount: Count, shows: Type.Array(ShowDetail) })) }),
  }),
  /** The same people's shows with `from` ≤ start < `before`, drafts too, by start. */
  ownShows: operation({
    input: Exact({
      by: By,
      from: Instant,
      before: Instant,
      after: Type.Optional(Exact({ startsAt: Instant, id: Id })),
      limit: Type.Integer({ minimum: 1, maximum: 101 }),
    }),
    output: Exact({ shows: Type.Array(ShowDetail) }),
  }),
  concert: operation({ input: Exact({ concertId: Id, viewer }), output: Concert, refusals: ['concert_unknown'] }),
  createConcert: operation({ input: Exact({ by: By, concertId: Type.Optional(Id), ...ConcertText.properties }), output: Concert }),
  updateConcert: operation({
    input: Exact({ by: By, concertId: Id, ...seen, ...ConcertText.properties }),
    output: Concert,
    refusals: ['concert_unknown', 'concert_closing', 'edited_meanwhile'],
  }),
  /** At once without published shows; else it closes and goes when seat has emptied every show, or stays whole. */
  deleteConcert: operation({ input: Exact({ by: By, concertId: Id }), output: Exact({ deleted: Type.Boolean() }), refusals: ['concert_unknown'] }),
  /** By start, drafts only for the owner. */
  shows: operation({
    input: Exact({
      concertId: Id,
      viewer,
      after: Type.Optional(Exact({ startsAt: Instant, id: Id })),
      limit: Type.Integer({ minimum: 1, maximum: 101 }),
    }),
    output: Exact({ shows: Type.Array(ShowDetail) }),
    refusals: ['concert_unknown'],
  }),
  showDetail: operation({ input: Exact({ showId: Id, viewer }), output: ShowDetail, refusals: ['show_unknown'] }),
  createShow: operation({
    input: Exact({ by: By, concertId: Id, showId: Type.Optional(Id), ...NewShow.properties }),
    output: ShowDetail,
    refusals: [...making],
  }),
  /** A concert with one published show, all or nothing. */
  createWithShow: operation({
    input: Exact({
      by: By,
      concertId: Type.Optional(Id),
      showId: Type.Optional(Id),
      concert: ConcertText,
      show: ShowTimes,
      plan: Plan,
      prices: Prices,
      windows: Windows,
    }),
    output: Exact({ concertId: Id, showId: Id }),
    refusals: [...making, 'show_not_ready'],
  }),
  updateShow: operation({ input: Exact({ ...ofShow, ...seen, ...ShowTimes.properties }), output: ShowDetail, refusals: [...draftOnly, 'show_times_invalid'] }),
  deleteShow: operation({ input: Exact(ofShow), output: Exact({ deleted: Type.Boolean() }), refusals: [...ownShow, 'show_not_published', 'show_cancelled'] }),
  /** null while there is none */
  plan: operation({ input: Exact(ofShow), output: Exact({ planVersion: Count, plan: Type.Union([Plan, Type.Null()]) }), refusals: ['show_unknown'] }),
  setPlan: operation({ input: Exact({ ...ofShow, ...seen, plan: Plan }), output: ShowDetail, refusals: [...draftOnly, 'plan_invalid'] }),
  setPrices: operation({ input: Exact({ ...ofShow, ...seen, prices: Prices }), output: ShowDetail, refusals: [...draftOnly] }),
  windows: operation({
    input: Exact(ofShow),
    output: Exact({ windows: Type.Array(Exact({ ...Window.properties, codeCount: Count })) }),
    refusals: ['show_unknown'],
  }),
  setWindows: operation({
    input: Exact({ ...ofShow, ...seen, windows: Windows }),
    output: Exact({ windows: Type.Array(Exact({ ...Window.properties, codeCount: Count })), version: Count }),
    refusals: [...ownShow, 'windows_overlap', 'show_not_ready', 'show_cancelled', 'edited_meanwhile'],
  }),
  /** Fee and tickets per user only while draft; the cancellation policy at any time, with a new version. */
  setPolicies: operation({ input: Exact({ ...ofShow, ...seen, ...policies }), output: ShowDetail, refusals: [...draftOnly] }),
  publish: operation({ input: Exact({ ...ofShow, ...seen }), output: ShowDetail, refusals: [...draftOnly, 'show_not_ready', 'show_times_invalid'] }),
  unpublish: operation({ input: Exact(ofShow), output: ShowDetail, refusals: [...ownShow, 'show_not_published'] }),
  cancelShow: operation({ input: Exact({ ...ofShow, reason: Text(500) }), output: ShowDetail, refusals: [...ownShow, 'show_not_published'] }),
  pauseShow: operation({ input: Exact(ofShow), output: ShowDetail, refusals: ['show_unknown', 'show_not_published'] }),
  resumeShow: operation({ input: Exact(ofShow), output: ShowDetail, refusals: ['show_unknown'] }),
  /** In the order they were named. */
  staff: operation({ input: Exact({ by: By, concertId: Id }), output: Exact({ staff: Staff }), refusals: ['concert_unknown'] }),
  /** Whom this user helps. */
  staffOf: operation({ input: Exact({ userId: Id }), output: Exact({ staff: Type.Array(Exact({ concertId: Id, addedAt: Instant })) }) }),
  addStaff: operation({ input: Exact({ by: By, concertId: Id, userId: Id }), output: Exact({ staff: Staff }), refusals: ['concert_unknown', 'concert_closing'] }),
  removeStaff: operation({ input: Exact({ by: By, concertId: Id, userId: Id }), output: Exact({ staff: Staff }), refusals: ['concert_unknown'] }),
}
export type ConcertApi = Api<typeof concertOperations>

/**
 * Events (producer `concert`, key = showId, version = shows.event_version):
 * - show.published {showId, concertId, organiserId, planVersion, plan, ticketsPerUserMax, startsAt, endsAt, windows: (Window & {codeHashes: string[]})[], bookingFee}; releases before the lobby told windows without lobbyOpensAt
 *   (a code's hash is sha256 base64url of windowId + ':' + the code trimmed and upper-cased)
 * - show.windows_changed {showId, windows}   (same shape; after publish)
 * - show.closing {showId, purpose: 'delete' | 'unpublish'}   seat answers seat.emptied or seat.occupied {showId, purpose}
 * - show.withdrawn {showId, purpose}   closing went through: nobody had a seat; show.reopened {showId}   somebody had, it sells on
 * - show.cancelled {showId, reason} · show.paused {showId} · show.resumed {showId, pausedMs}
 */
export type ShowPublished = {
  showId: string
  concertId: string
  organiserId: string
  planVersion: number
  plan: Plan
  ticketsPerUserMax: number
  startsAt: number
  endsAt: number
  windows: (SaleWindow & { lobbyOpensAt?: number | null; codeHashes: string[] })[]
}
export type ConcertServiceApi = Api<typeof concertServiceOperations>

export const concertRefusals = {
  concert_unknown: { status: 404, en: 'There is no such concert.', ko: '그런 공연이 없어요.', next: { en: 'Search the list of concerts.', ko: '공연 목록에서 찾아 주세요.' } },
  concert_has_buyers: { status: 409, en: 'Seats of this concert are held or sold.', ko: '이미 좌석을 맡거나 산 분이 있어요.', next: { en: 'Cancel the show instead; buyers are refunded.', ko: '대신 공연을 취소하면 모두 환불돼요.' } },
  show_not_draft: { status: 409, en: 'Plan, grades and prices are fixed once the show is published.', ko: '공개한 뒤에는 좌석과 가격을 바꿀 수 없어요.', next: { en: 'Unpublish first; that works while nobody holds a seat.', ko: '아무도 좌석을 맡지 않았을 때 공개를 취소해 주세요.' } },
  show_not_published: { status: 409, en: 'This show is not published.', ko: '공개되지 않은 회차예요.', next: { en: 'Publish it first.', ko: '먼저 공개해 주세요.' } },
  show_not_ready: { status: 409, en: 'The show needs a plan, prices for every grade and at least one sales window.', ko: '좌석 배치, 모든 등급의 가격, 판매 기간이 있어야 해요.', next: { en: 'Add what is missing.', ko: '빠진 것을 채워 주세요.' } },
  windows_overlap: { status: 409, en: 'Sales windows of one show, with their lobbies, may not overlap.', ko: '판매 기간이나 대기실이 서로 겹쳐요.', next: { en: 'Change the times.', ko: '시간을 바꿔 주세요.' } },
  show_times_invalid: { status: 409, en: 'The show must end after it starts and start in the future.', ko: '공연은 앞으로 시작하고, 시작한 뒤에 끝나야 해요.', next: { en: 'Change the times.', ko: '시간을 바꿔 주세요.' } },
  concert_closing: { status: 409, en: 'This concert is being deleted.', ko: '삭제하는 중인 공연이에요.', next: { en: 'Look again in a moment: it is gone, or it stayed because of its buyers.', ko: '잠시 뒤 다시 확인해 주세요. 삭제됐거나 산 분이 있어 남아 있어요.' } },
  show_cancelled: { status: 409, en: 'This show is cancelled and kept for its buyers.', ko: '취소된 회차예요. 산 분들을 위해 남겨 둬요.', next: { en: 'Create another show.', ko: '새 회차를 만들어 주세요.' } },
  edited_meanwhile: { status: 412, en: 'Somebody changed this since you looked; nothing of yours was saved.', ko: '보고 계신 사이 다른 사람이 바꿨어요. 아직 아무것도 저장하지 않았어요.', next: { en: 'Read it again, then save with the version that is there now.', ko: '다시 읽어 본 뒤 지금 버전으로 저장해 주세요.' } },
  staff_unknown: { status: 404, en: 'No account has verified this e-mail address.', ko: '이 이메일을 확인한 계정이 없어요.', next: { en: 'Ask them to sign up and verify the address, then name them again.', ko: '가입하고 이메일을 확인한 뒤 다시 지정해 주세요.' } },
  plan_invalid: { status: 409, en: 'The plan contradicts itself.', ko: '좌석 배치에 맞지 않는 곳이 있어요.', next: { en: 'Correct the place named in detail.', ko: 'detail에 적힌 곳을 고쳐 주세요.' } },
} as const satisfies RefusalCatalogue
