import { useHallEditorWords } from './spoken.ts'

type Props = { isFirst: boolean; isLast: boolean; onDuplicate: (how: 'beside' | 'across') => void; onRemove: () => void; onOrder: (by: -1 | 1) => void }

/** What can be done with a whole section. */
export function SectionActs({ isFirst, isLast, onDuplicate, onRemove, onOrder }: Props) {
  const { acts: words } = useHallEditorWords()
  return (
    <div className="row">
      <button type="button" className="button small" onClick={() => onDuplicate('beside')}>{words.duplicate}</button>
      <button type="button" className="button small" onClick={() => onDuplicate('across')}>{words.across}</button>
      <button type="button" className="button small" disabled={isFirst} onClick={() => onOrder(-1)}>{words.earlier}</button>
      <button type="button" className="button small" disabled={isLast} onClick={() => onOrder(1)}>{words.later}</button>
      <button type="button" className="button small stop" onClick={onRemove}>{words.remove}</button>
    </div>
  )
}
