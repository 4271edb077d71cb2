import Type from 'typebox'
import type { PaymentApi } from '../payment/api.ts'
import { Exact } from '../platform/contract.ts'
import { IsoInstant, iso, Nullable } from '../platform/http.ts'
import type { QueueApi } from '../queue/api.ts'
import type { ReservationApi } from '../reservation/api.ts'
import type { SeatApi } from '../seat/api.ts'

export type Storytellers = { queue?: QueueApi; seat?: SeatApi; reservation?: ReservationApi; payment?: PaymentApi }
const Step = Exact({ at: IsoInstant, service: Type.String(), what: Type.String(), detail: Type.Record(Type.String(), Type.Unknown()) })
export const Story = Exact({ recordName: Nullable(Type.String({ description: 'my name in the public record of this show' })), steps: Type.Array(Step) })

/** What happened to somebody at a show, told by every service there is, oldest first. */
export async function storyOf(tellers: Storytellers, userId: string, showId: string) {
  const parts = await Promise.all(
    (['queue', 'seat', 'reservation', 'payment'] as const).map(async (service) => {
      const { steps, ...more } = (await tellers[service]?.story({ userId, showId })) ?? { steps: [] }
      return { name: 'name' in more && typeof more.name === 'string' ? more.name : null, steps: steps.map((step) => ({ service, ...step })) }
    }),
  )
  const steps = parts.flatMap((part) => part.steps).sort((a, b) => a.at - b.at)
  return { recordName: parts[0]?.name ?? null, steps: steps.map((step) => ({ ...step, at: iso(step.at) })) }
}
