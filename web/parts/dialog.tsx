import { type ReactNode, useEffect, useRef } from 'react'
import { useWords } from '../words/index.ts'

/** Asks once more before something that cannot be undone; Escape and the second button leave everything as it is. */
export function Confirm({ title, children, yes, no, stop, blocked, onYes, onNo }: { title: string; children: ReactNode; yes: string; no?: string; stop?: boolean; blocked?: boolean; onYes: () => void; onNo: () => void }) {
  const { common } = useWords()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const opener = document.activeElement
    dialog.current?.showModal()
    // a dialog that is taken away gives the focus to nobody
    return () => {
      if (opener instanceof HTMLElement && document.activeElement === document.body) opener.focus()
    }
  }, [])
  return (
    <dialog ref={dialog} aria-labelledby="ask" onClose={onNo}>
      <div className="stack"><h2 id="ask">{title}</h2><div>{children}</div></div>
      <div className="row">
        <button type="button" className="button" onClick={onNo}>{no ?? common.cancel}</button>
        <button type="button" className={`button ${stop ? 'stop' : 'primary'}`} disabled={blocked} onClick={onYes}>{yes}</button>
      </div>
    </dialog>
  )
}
