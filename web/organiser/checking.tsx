import { type ReactNode, useState } from 'react'
import { type Problem, post } from '../client.ts'
import { useAct } from '../data.ts'
import { Confirm } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import type { WireShow } from '../wire.ts'
import { checklistOf, type Item } from './checklist.ts'
import type { Editing } from './editing.ts'
import { useOrganiserWords } from './spoken.ts'
import { seatsOf } from './state.ts'
import type { OrganiserWords } from './words.ts'

/** What a draft still needs, each with the way there, and the one button when nothing is missing. */
export function Checking({ show, editing, now }: { show: WireShow; editing: Editing<WireShow>; now: number }) {
  const { checklist: words } = useOrganiserWords()
  const [isAsked, setAsked] = useState(false)
  const { act, busy, problem } = useAct()
  const items = checklistOf(show, now)
  const todo = items.filter(({ is }) => is === 'todo').length + (editing.isDirty ? 1 : 0)
  const publish = () => {
    setAsked(false)
    void act(async () => editing.set(await post<WireShow>(`/api/shows/${show.id}/publish`, {}, { version: show.version })))
  }
  const isConflict = problem?.code === 'edited_meanwhile'
  return (
    <section className="panel checking" aria-labelledby="checking">
      <h2 id="checking">{words.title}</h2>
      <ul>
        {items.map((item) => <Row key={item.name} is={item.is}><ItemText item={item} show={show} /></Row>)}
        {editing.isDirty ? <Row is="todo">{words.unsaved}</Row> : null}
      </ul>
      {isConflict ? <Stale problem={problem} editing={editing} /> : problem?.code === 'show_not_ready' ? <NotReady problem={problem} /> : <ProblemNotice problem={problem} />}
      <button type="button" className="button primary wide" disabled={todo > 0 || busy} onClick={() => setAsked(true)}>{words.publish}</button>
      {todo > 0 ? <p className="note" role="status">{words.left(todo)}</p> : null}
      {isAsked ? <Confirm title={words.sure} yes={words.publish} onYes={publish} onNo={() => setAsked(false)}><p>{words.sureBody}</p></Confirm> : null}
    </section>
  )
}

function Row({ is, children }: { is: Item['is']; children: ReactNode }) {
  const { checklist: words } = useOrganiserWords()
  return <li className={is}><Icon name={is === 'done' ? 'good' : is === 'todo' ? 'bad' : 'wait'} /><span>{children}</span><b>{is === 'done' ? words.ok : is === 'todo' ? words.missing : ''}</b></li>
}

function ItemText({ item: { name, is, about }, show }: { item: Item; show: WireShow }) {
  const { checklist: words } = useOrganiserWords()
  const at = (href: string, text: string) => <a href={href}>{text}</a>
  switch (name) {
    case 'times': return is === 'done' ? words.times : at('#times', words.noTimes)
    case 'hall': return at(`/organiser/shows/${show.id}/hall`, is === 'done' ? words.hall(seatsOf(show), show.totals.length) : words.noHall)
    case 'prices': return is === 'done' ? words.prices : is === 'waits' ? words.first : at('#prices', words.noPrices(about.join(', ')))
    case 'windows': return is === 'done' ? words.windows(show.windows.length) : at('#windows', words.noWindows)
    default: return at('#windows', words.noOrder(about.join(', ')))
  }
}

function Stale({ problem, editing }: { problem: Problem; editing: Editing<WireShow> }) {
  const { edit } = useOrganiserWords()
  return <Notice tone="bad" urgent title={problem.message} actions={<button type="button" className="button small" onClick={() => void editing.takeTheirs()}>{edit.theirs}</button>} />
}

function NotReady({ problem }: { problem: Problem }) {
  const { checklist: words } = useOrganiserWords()
  const missing = Array.isArray(problem.params.missing) ? problem.params.missing.map((what) => spoken(String(what), words)) : []
  return <Notice tone="bad" title={problem.message}>{missing.length > 0 ? words.server(missing.join(', ')) : problem.next}</Notice>
}

/** What the server misses, in the reader's words. */
function spoken(what: string, words: OrganiserWords['checklist']): string {
  const of = (form: RegExp, say: (name: string) => string) => {
    const name = form.exec(what)?.[1]
    return name === undefined ? undefined : say(name)
  }
  return words.parts[what] ?? of(/^price of (.*)$/, words.priceOf) ?? of(/^section (.*) of a window$/, words.sectionOf) ?? of(/^an opening of (.*) before the show begins$/, words.openingOf) ?? what
}
