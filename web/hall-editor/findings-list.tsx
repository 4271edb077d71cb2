import { Icon } from '../parts/icon.tsx'
import type { Finding } from './findings.ts'
import { contradictionText, useHallEditorWords } from './spoken.ts'
import type { HallEditorWords } from './words.ts'

/** What is not right yet, each with the way to it. */
export function Findings({ findings, onShow }: { findings: Finding[]; onShow: (key: string) => void }) {
  const { findings: words } = useHallEditorWords()
  const stops = findings.some((finding) => finding.stops)
  return (
    <section className="panel findings" aria-label={words.title}>
      <h2>{words.title}</h2>
      {findings.length === 0 ? <p className="good"><Icon name="good" />{words.fine}</p> : null}
      <p className="problem" role="status">{stops ? words.stops : ''}</p>
      <ul>
        {findings.map((finding) => {
          const text = textOf(words, finding)
          const { key } = finding
          return <li key={`${key} ${text}`} className={finding.stops ? 'bad' : ''}><Icon name={finding.stops ? 'bad' : 'info'} /><span>{text}</span>{key === undefined ? null : <button type="button" className="quiet" aria-label={`${words.show}: ${text}`} onClick={() => onShow(key)}>{words.show}</button>}</li>
        })}
      </ul>
    </section>
  )
}

function textOf(words: HallEditorWords['findings'], finding: Finding): string {
  switch (finding.what) {
    case 'contradiction': return contradictionText(words, finding.wrong)
    case 'overlap': return words.overlap(finding.name, finding.other)
    case 'unpriced': return words.unpriced(finding.grade)
    case 'no_sections': return words.noSections
    case 'too_many_sections': return words.tooManySections(finding.max)
  }
}
