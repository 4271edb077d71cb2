import type { Sales } from '../../src/gateway/sales.ts'
import { count, won } from '../language.ts'
import { useSalesWords } from './sales-spoken.ts'

/** Every figure of a grade, then its price types. */
export function GradeTable({ grades }: { grades: Sales['grades'] }) {
  const { grades: words } = useSalesWords()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="wide-table" tabIndex={0} aria-label={words.table}>
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
      <tr><th scope="row"><b>{grade}</b></th><td>{split || only?.price == null ? '' : won(only.price)}</td><td>{count(capacity)}</td><td>{count(sold)}</td><td>{count(held)}</td><td>{count(available + returned)}</td><td>{count(blocked)}</td><td>{count(refunded)}</td><td>{won(gross)}</td></tr>
      {split ? prices.map((price) => (
        <tr key={price.priceType} className="type"><th scope="row">{price.priceType === 'default' ? words.standard : price.priceType}</th><td>{price.price === null ? words.noPrice : won(price.price)}</td><td /><td>{count(price.sold)}</td><td>{count(price.reserved)}</td><td /><td /><td>{count(price.refunded)}</td><td>{won(price.gross)}</td></tr>
      )) : null}
    </tbody>
  )
}
