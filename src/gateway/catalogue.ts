import { concertRefusals } from '../concert/api.ts'
import { paymentRefusals } from '../payment/api.ts'
import { platformRefusals, type RefusalCatalogue } from '../platform/errors.ts'
import { queueRefusals } from '../queue/api.ts'
import { reservationRefusals } from '../reservation/api.ts'
import { seatRefusals } from '../seat/api.ts'
import { userRefusals } from '../user/api.ts'
import { walletRefusals } from '../wallet/api.ts'

/** Every code this system can answer; docs/errors.md is made from it. */
export const catalogue: RefusalCatalogue = {
  ...platformRefusals,
  ...userRefusals,
  ...concertRefusals,
  ...queueRefusals,
  ...seatRefusals,
  ...reservationRefusals,
  ...paymentRefusals,
  ...walletRefusals,
}
