import { Icon, type IconName } from '../parts/icon.tsx'
import { useOrganiserWords } from './spoken.ts'
import type { ShowState } from './state.ts'

const looks: Partial<Record<ShowState, { tone?: string; icon: IconName }>> = {
  on_sale: { tone: 'good', icon: 'good' }, cancelled: { tone: 'bad', icon: 'bad' }, paused: { icon: 'wait' }, soon: { icon: 'wait' }, lobby: { icon: 'wait' }, all_held: { icon: 'wait' }, closing: { icon: 'wait' }, sold_out: { icon: 'good' },
}

/** How a show stands: word, sign and colour. */
export function StateTag({ state }: { state: ShowState }) {
  const { states } = useOrganiserWords()
  const look = looks[state]
  return <span className={`tag ${look?.tone ?? ''}`}>{look ? <Icon name={look.icon} /> : null}{states[state]}</span>
}
