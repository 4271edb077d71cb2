import { type ReactNode, useState } from 'react'
import type { Problem } from '../client.ts'
import { useWords } from '../words/index.ts'
import { Icon, type IconName } from './icon.tsx'

type Tone = 'plain' | 'good' | 'bad' | 'mine'
const icons: Record<Tone, IconName> = { plain: 'info', good: 'good', bad: 'bad', mine: 'wait' }

/** State first, then what is safe, then what to do. Spoken politely; `urgent` at once. */
export function Notice({ tone = 'plain', title, children, actions, urgent = false, icon }: { tone?: Tone; title: ReactNode; children?: ReactNode; actions?: ReactNode; urgent?: boolean; icon?: IconName }) {
  return (
    <div className={`notice ${tone}`} role={urgent ? 'alert' : 'status'}>
      <Icon name={icon ?? icons[tone]} />
      <strong>{title}</strong>
      {children ? <p>{children}</p> : null}
      {actions ? <div className="row">{actions}</div> : null}
    </div>
  )
}

/** A refusal in the reader's language with its next step; never a bare code. */
export function ProblemNotice({ problem, actions }: { problem: Problem | undefined; actions?: ReactNode }) {
  const { problem: words } = useWords()
  if (!problem) return null
  if (problem.status === 0) return <Notice tone="bad" title={words.offline} actions={actions}>{words.offlineBody}</Notice>
  const bug = problem.status >= 500 && problem.code !== 'show_preparing'
  return (
    <Notice tone="bad" title={problem.message} actions={actions}>
      {problem.next} {bug ? words.safe : ''}
      {bug && problem.requestId ? <RequestId id={problem.requestId} /> : null}
    </Notice>
  )
}

function RequestId({ id }: { id: string }) {
  const { problem, common } = useWords()
  const [copied, setCopied] = useState(false)
  return (
    <span className="row">
      <span className="note">{problem.request} <span className="code">{id}</span></span>
      <button type="button" className="quiet" onClick={() => void navigator.clipboard.writeText(id).then(() => setCopied(true))}>{copied ? common.copied : common.copy}</button>
    </span>
  )
}
