import type { ReactNode } from 'react'
import { won } from '../language.ts'
import type { WireLine } from '../wire.ts'
import { useWords, type Words } from '../words/index.ts'
import { GradeSign } from './grade.tsx'

type Where = { section: string; row: string; number: string; kind?: string }
/** A seat as people say it; a standing entry has no row. */
export const seatName = (hall: Words['hall'], { section, row, number, kind }: Where) => (kind === 'standing' || row === '' ? hall.entry(section, number) : hall.seat(section, row, number))

/** One seat of a booking as a little ticket; nobody cancelled what was let go as its time ran out. */
export function Ticket({ line, grades, control, isExpired = false }: { line: WireLine; grades: string[]; control?: ReactNode; isExpired?: boolean }) {
  const { hall, reservation, checkout } = useWords()
  const gone = line.status === 'cancelled'
  const kind = line.priceType === 'default' ? '' : ` · ${line.priceType}`
  return (
    <div className={`ticket ${gone ? 'gone' : ''}`}>
      <GradeSign index={Math.max(0, grades.indexOf(line.grade))} name={line.grade} />
      <div>
        <p className="where">{seatName(hall, line)}</p>
        <p className="note">{line.grade}{kind}{line.fee > 0 ? ` · ${checkout.fee} ${won(line.fee)}` : ''}{gone && !isExpired ? ` · ${reservation.cancelledSeat}` : ''}</p>
      </div>
      <span className="row"><span className="price num">{won(line.price)}</span>{control}</span>
    </div>
  )
}
