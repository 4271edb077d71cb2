import { useMemo } from 'react'
import { lookOf } from '../parts/looks.ts'
import { edgeOf } from '../hall/stand.ts'
import { draftOf, hallOf } from './model.ts'
import { type StartName, startNames, starts } from './starts.ts'
import { useHallEditorWords } from './spoken.ts'

/** An empty show: three halls to begin with, or one section. */
export function Start({ onStart, onBlank }: { onStart: (name: StartName) => void; onBlank: () => void }) {
  const { empty: words } = useHallEditorWords()
  return (
    <section className="panel start">
      <h2>{words.title}</h2>
      <p className="note">{words.body}</p>
      <ul>
        {startNames.map((name) => (
          <li key={name}>
            <button type="button" onClick={() => onStart(name)}>
              <Picture name={name} /><b>{words.names[name]}</b><span className="note">{words.about[name]}</span>
            </button>
          </li>
        ))}
      </ul>
      <button type="button" className="button small" onClick={onBlank}>{words.blank}</button>
    </section>
  )
}

function Picture({ name }: { name: StartName }) {
  const { empty: words } = useHallEditorWords()
  const hall = useMemo(() => hallOf(draftOf(starts[name](words.parts), [])), [name, words])
  const { x, y, w, h } = hall.box
  return (
    <svg viewBox={`${x - 1} ${y - 1} ${w + 2} ${h + 2}`} aria-hidden="true">
      <path d={`M${-hall.stage.w / 2} 0h${hall.stage.w}`} stroke="#B9B4C0" strokeWidth="1" />
      {hall.sections.map((section) => section.bands.map((band) => <polygon key={`${section.first} ${band.first}`} fill={lookOf(band.gradeIndex).fill} points={edgeOf(section.stand, { x: section.x, y: band.y, w: section.w, h: band.h }).map((point) => point.map((n) => n.toFixed(2)).join(',')).join(' ')} />))}
    </svg>
  )
}
