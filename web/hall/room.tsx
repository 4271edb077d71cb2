import { useEffect, useId, useMemo, useState } from 'react'
import { Problem, serverNow } from '../client.ts'
import { useAct } from '../data.ts'
import { clock, won } from '../language.ts'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { gradesOf } from '../parts/looks.ts'
import { seatName } from '../parts/tickets.tsx'
import { Link, navigate } from '../router.tsx'
import type { WireHold, WireShow } from '../wire.ts'
import { useWords } from '../words/index.ts'
import { Best, type Wish } from './best.tsx'
import { Chosen, priceOf, type Types } from './chosen.tsx'
import { Legend, Signs } from './legend.tsx'
import { SeatList } from './list.tsx'
import { type Lost, solveLoss } from './lost.ts'
import { HallMap } from './map.tsx'
import type { Hall, Section } from './plan.ts'
import { keepByTouch, moveHere, takeBest, takeSeats } from './purchase.ts'
import { free } from './states.ts'
import type { Seats } from './source.ts'

type Props = { show: WireShow; hall: Hall; seats: Seats; holds: WireHold[]; reload: () => void; staleMs: number }
const seatsPerHoldMax = 8
const staleAfterMs = 6_000
const none: ReadonlySet<number> = new Set()
const chosenAt = (showId: string) => `openrun.chosen.${showId}`

/** What was chosen before: by an address, or in this tab before going to the line. */
function storedChoice(showId: string, states: Uint8Array): number[] {
  const linked = new URLSearchParams(location.search).get('seats')?.split(',').map((id) => Number(id) - 1)
  const kept = linked ?? (JSON.parse(sessionStorage.getItem(chosenAt(showId)) ?? '[]') as number[])
  return kept.filter((i) => states[i] === free).slice(0, seatsPerHoldMax)
}

export function Room({ show, hall, seats, holds, reload, staleMs }: Props) {
  const { hall: words, common } = useWords()
  const [chosen, setChosen] = useState(() => storedChoice(show.id, seats.states))
  const [types, setTypes] = useState<Types>({})
  const [filter, setFilter] = useState<ReadonlySet<number>>(none)
  const [listed, setListed] = useState(false)
  const [section, setSection] = useState<Section>()
  const [lost, setLost] = useState<Lost>()
  const [full, setFull] = useState(false)
  const [said, setSaid] = useState('')
  const { act, busy, problem, clear } = useAct()
  const keys = useId()
  const max = Math.min(show.ticketsPerUserMax, seatsPerHoldMax)
  const hold = holds[0]
  const mine = useMemo(() => new Set(hold?.seatIds.map((id) => id - 1) ?? []), [hold])
  const grades = useMemo(() => gradesOf(show.prices), [show.prices])
  const prices = useMemo(() => new Map(show.prices.map(({ grade, price }) => [grade, price])), [show.prices])
  useEffect(() => keepByTouch(show.id), [show.id])
  useEffect(() => sessionStorage.setItem(chosenAt(show.id), JSON.stringify(chosen)), [show.id, chosen])
  const nameOf = (i: number) => {
    const seat = hall.seats[i]
    return seat ? seatName(words, seat) : ''
  }
  const total = chosen.reduce((sum, i) => sum + priceOf(show, hall.seats[i]?.grade ?? '', types[i]) + show.bookingFee, 0)

  function toggle(i: number) {
    clear()
    setFull(false)
    setLost(undefined)
    if (chosen.includes(i)) {
      setSaid(words.unpicked(nameOf(i)))
      return setChosen(chosen.filter((each) => each !== i))
    }
    if (seats.states[i] !== free && !mine.has(i)) return setSaid(`${nameOf(i)}, ${words.states[seats.states[i] ?? 0]}`)
    if (chosen.length >= max) return setFull(true)
    setSaid(words.picked(nameOf(i)))
    setChosen([...chosen, i])
  }
  const describe = (i: number) => setSaid(`${nameOf(i)}, ${hall.seats[i]?.grade}, ${chosen.includes(i) ? words.chosenState : mine.has(i) ? words.mine : words.states[seats.states[i] ?? 0]}`)

  const take = (wanted: number[]) => act(async (key) => {
    setLost(undefined)
    const seatIds = wanted.map((i) => i + 1)
    const priceTypes = wanted.flatMap((i) => (types[i] && types[i] !== 'default' ? [{ seatId: i + 1, priceType: types[i] }] : []))
    try {
      const made = await takeSeats(show.id, { seatIds, replaces: hold?.id, priceTypes, key })
      sessionStorage.removeItem(chosenAt(show.id))
      navigate(`/checkout/${made.id}`)
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'seat_taken') throw error
      const loss = solveLoss(hall, seats.states, wanted, error)
      setLost(loss)
      setChosen(loss.rest)
      // what is shown there answers: the seat that went and the nearest instead
      scrollTo(0, 0)
    }
  })
  const find = (wish: Wish) => act(async (key) => {
    const made = await takeBest(show.id, wish, key)
    navigate(`/checkout/${made.id}`)
  })
  const move = () => act(async () => {
    await moveHere(show.id)
    reload()
  })
  const stale = staleMs > staleAfterMs
  const scene = useMemo(() => ({ states: seats.states, chosen: new Set(chosen), mine, lost: new Set(lost?.taken ?? []), ringed: new Set(lost?.instead ?? []), filter, stale }), [seats, chosen, mine, lost, filter, stale])
  const isSoldOut = show.availability?.state === 'sold_out'
  // nothing is there to be found, until a seat comes back
  const isFindable = useMemo(() => !isSoldOut || seats.states.includes(free), [isSoldOut, seats])
  const until = show.availability?.state === 'all_held' ? show.availability.earliestUntil : undefined

  return (
    <div className="hall">
      <header>
        <Link to={`/concerts/${show.concertId}`} className="back-link">← {show.title}</Link>
        <button type="button" className="quiet" lang={common.otherLanguage === 'English' ? 'en' : 'ko'} data-language>{common.otherLanguage}</button>
        <button type="button" className="list-switch" aria-pressed={listed} onClick={() => setListed(!listed)}>{listed ? words.map : words.list}</button>
      </header>
      <div className="view">
        <Legend {...{ hall, states: seats.states, grades, prices, filter }} onFilter={setFilter} />
        {listed ? <SeatList {...{ hall, states: seats.states, chosen: scene.chosen, mine, filter, prices }} togetherMax={max} onSeat={toggle} onSection={setSection} /> : <HallMap hall={hall} scene={scene} onSeat={toggle} onSection={setSection} onCursor={describe} describedBy={keys} />}
        {listed ? null : <p className="second keys" id={keys}>{words.keys}</p>}
      </div>
      <aside>
        <p className="hush" role="status">{said}</p>
        <div className="news">
          {stale ? <Notice icon="wait" title={words.stale(Math.round(staleMs / 1_000))} /> : null}
          {hold && !lost ? <Notice tone="mine" icon="lock" title={words.yours(hold.seatIds.length)} actions={hold.reservationId ? <Link to={`/checkout/${hold.reservationId}`} className="button small">{words.toCheckout}</Link> : undefined}>{words.yoursBody}</Notice> : null}
          {until ? <Notice icon="wait" title={words.allHeld}>{words.allHeldUntil(clock(Date.parse(until) - serverNow()))}</Notice> : null}
          {isSoldOut && !hold ? <Notice title={words.soldOut}>{words.soldOutBody}</Notice> : null}
        </div>
        <div className="answers">
          {lost ? <LostNotice lost={lost} nameOf={nameOf} onTake={() => void take([...lost.rest, ...lost.instead])} onLook={() => setLost(undefined)} /> : null}
          {full ? <Notice title={words.full(max)} actions={<button type="button" className="button small" onClick={() => setFull(false)}>{common.close}</button>}>{words.fullBody}</Notice> : null}
          <Refused problem={problem} showId={show.id} onMove={() => void move()} onClose={clear} />
        </div>
        <div className="rest">
          <section><h2>{words.chosen}</h2><Chosen {...{ hall, show, chosen, types }} onType={(i, type) => setTypes({ ...types, [i]: type })} onRemove={toggle} /></section>
          {hold || !isFindable ? null : <Best grades={grades} section={section} max={max} busy={busy} onFind={(wish) => void find(wish)} onWhole={() => setSection(undefined)} key={section?.name} />}
          <Signs />
        </div>
      </aside>
      <div className="bar">
        <button type="button" className="button primary num" disabled={busy || chosen.length === 0} onClick={() => void take(chosen)}>
          {chosen.length === 0 ? words.takeNone : hold ? words.swap(chosen.length, won(total)) : words.take(chosen.length, won(total))}
        </button>
      </div>
    </div>
  )
}

function LostNotice({ lost, nameOf, onTake, onLook }: { lost: Lost; nameOf: (i: number) => string; onTake: () => void; onLook: () => void }) {
  const { hall: words } = useWords()
  const [first] = lost.instead
  const instead = lost.instead.map(nameOf).join(', ')
  const body = first === undefined ? words.lostNone : lost.instead.length === 1 ? words.lostBody(instead, lost.rest.length > 0) : words.lostBodyMany(lost.instead.length, instead)
  const actions = <>{first === undefined ? null : <button type="button" className="button small primary" onClick={onTake}>{words.takeInstead(lost.instead.length === 1 ? instead : nameOf(first))}</button>}<button type="button" className="button small" onClick={onLook}>{words.look}</button></>
  return <Notice tone="bad" urgent title={words.lost(lost.taken.map(nameOf).join(', '))} actions={actions}>{body}</Notice>
}

const lineCodes = new Set(['pass_required', 'pass_invalid', 'place_unknown', 'not_your_turn', 'place_asleep', 'place_ended', 'line_paused', 'email_unverified'])

function Refused({ problem, showId, onMove, onClose }: { problem: Problem | undefined; showId: string; onMove: () => void; onClose: () => void }) {
  const { hall: words, common } = useWords()
  if (!problem) return null
  if (problem.code === 'pass_elsewhere') return <Notice title={words.elsewhere} actions={<button type="button" className="button small primary" onClick={onMove}>{words.moveHere}</button>} />
  if (lineCodes.has(problem.code)) return <Notice title={words.passNeeded} actions={<a href={`/shows/${showId}/line`} className="button small primary">{words.toLine}</a>}>{words.passBody}</Notice>
  return <ProblemNotice problem={problem} actions={<button type="button" className="button small" onClick={onClose}>{common.close}</button>} />
}
