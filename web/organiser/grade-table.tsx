import type { ReactNode } from 'react'
import type { Sales } from '../../src/gateway/sales.ts'
import { count, won } from '../language.ts'
import { useSalesWords } from './sales-spoken.ts'

/** Every figure of a grade, then its price types. Where a row does not fit beside its head, each figure says its name. */
export function GradeTable({ grades }: { grades: Sales['grades'] }) {
  const { grades: words } = useSalesWords()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="wide-table grade-table" tabIndex={0} aria-label={words.table}>
      <table>
        <thead><tr>{[words.grade, words.price, words.capacity, words.sold, words.held, words.available, words.blocked, words.refunded, words.gross].map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
        {grades.map((each) => <Grade key={each.grade} grade={each} />)}
      </table>
    </section>
  )
}

function Grade({ grade: { grade, capacity, sold, held, available, returned, blocked, refunded, prices } }: { grade: Sales['grades'][number] }) {
  const { grades: words } = useSalesWords()
  const gross = prices.reduce((sum, price) => sum + price.gross, 0)
  const [only] = prices
  const split = prices.length > 1
  return (
    <tbody>
      <tr><th scope="row"><b>{grade}</b></th><Figures of={[split || only?.price == null ? '' : won(only.price), count(capacity), count(sold), count(held), count(available + returned), count(blocked), count(refunded), won(gross)]} /></tr>
      {split ? prices.map((price) => (
        <tr key={price.priceType} className="type"><th scope="row">{price.priceType === 'default' ? words.standard : price.priceType}</th><Figures of={[price.price === null ? words.noPrice : won(price.price), '', count(price.sold), count(price.reserved), '', '', count(price.refunded), won(price.gross)]} /></tr>
      )) : null}
    </tbody>
  )
}

/** In the order of the head; an empty one is not told of this row. */
function Figures({ of }: { of: string[] }): ReactNode {
  const { grades: words } = useSalesWords()
  return [words.price, words.capacity, words.sold, words.held, words.available, words.blocked, words.refunded, words.gross].map((name, index) => <td key={name} data-name={name}>{of[index]}</td>)
}
