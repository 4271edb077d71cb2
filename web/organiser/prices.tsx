import { won } from '../language.ts'
import { Field } from '../parts/field.tsx'
import { GradeSign } from '../parts/grade.tsx'
import { gradesOf } from '../parts/looks.ts'
import { Link } from '../router.tsx'
import type { WireShow } from '../wire.ts'
import { type Editing, useDraft, useSaving } from './editing.ts'
import { Check, Digits } from './fields.tsx'
import { Part } from './part.tsx'
import { useOrganiserWords } from './spoken.ts'

type TypeForm = { key: string; name: string; price: string; proof: boolean }
type GradeForm = { grade: string; price: string; types: TypeForm[] }
const typesMax = 10

/** The grades of the hall, and those that still have a price though the hall has them no more. */
function formOf({ totals, prices }: WireShow): GradeForm[] {
  const grades = [...new Set([...totals.map(({ grade }) => grade), ...prices.map(({ grade }) => grade)])]
  return grades.map((grade) => {
    const known = prices.find((price) => price.grade === grade)
    return { grade, price: known ? String(known.price) : '', types: (known?.types ?? []).map(({ name, price, proofAtDoor }, i) => ({ key: `${grade} ${i}`, name, price: String(price), proof: proofAtDoor })) }
  })
}

/** A grade without a price is left out: a draft may be saved unfinished. */
const bodyOf = (grades: GradeForm[]) => ({
  prices: grades.filter(({ price }) => price !== '').map(({ grade, price, types }) => ({
    grade, price: Number(price), ...(types.length > 0 ? { types: types.map((type) => ({ name: type.name.trim(), price: Number(type.price), proofAtDoor: type.proof })) } : {}),
  })),
})
const isTwice = (types: TypeForm[], { name }: TypeForm) => types.filter((type) => type.name.trim() === name.trim()).length > 1
const isTypeWrong = (types: TypeForm[], type: TypeForm) => type.name.trim() === '' || type.price === '' || isTwice(types, type)

export function PricesPart({ show, editing, lock }: { show: WireShow; editing: Editing<WireShow>; lock: string | undefined }) {
  const { prices: words } = useOrganiserWords()
  const draft = useDraft(editing, 'prices', { grades: formOf(show) })
  const { grades } = draft.value
  const saving = useSaving(editing, { drop: draft.drop, path: `/api/shows/${show.id}/prices`, toBody: () => bodyOf(grades) })
  const isWrong = grades.some(({ price, types }) => types.some((type) => isTypeWrong(types, type)) || (types.length > 0 && price === ''))
  const change = (grade: string, next: Partial<GradeForm>) => draft.set({ grades: grades.map((each) => (each.grade === grade ? { ...each, ...next } : each)) })
  const seatsIn = new Map(show.totals.map(({ grade, total }) => [grade, total]))
  const order = gradesOf(grades.map(({ grade, price }) => ({ grade, price: Number(price) })))
  const all = grades.reduce((sum, { grade, price }) => ({ seats: sum.seats + (seatsIn.get(grade) ?? 0), won: sum.won + (seatsIn.get(grade) ?? 0) * Number(price) }), { seats: 0, won: 0 })
  return (
    <Part id="prices" title={words.title} lock={lock} draft={draft} saving={saving} editing={editing} isWrong={isWrong}>
      {(tried) => grades.length === 0 ? <><p>{words.noHall}</p><p><Link to={`/organiser/shows/${show.id}/hall`} className="button small">{words.toHall}</Link></p></> : (
        <>
          <ul className="stack">{grades.map((each) => (
            <li key={each.grade} className="grade-price">
              <div className="row"><GradeSign index={order.indexOf(each.grade)} name={each.grade} /><h3>{each.grade}</h3><span className="note num">{seatsIn.has(each.grade) ? words.seats(seatsIn.get(each.grade) ?? 0) : words.notInHall}</span></div>
              <Grade form={each} tried={tried} change={(next) => change(each.grade, next)} {...(seatsIn.has(each.grade) ? {} : { remove: () => draft.set({ grades: grades.filter(({ grade }) => grade !== each.grade) }) })} />
            </li>
          ))}</ul>
          {all.seats > 0 && all.won > 0 ? <p className="num">{words.total(all.seats, won(all.won))}</p> : null}
        </>
      )}
    </Part>
  )
}

function Grade({ form: { grade, price, types }, tried, change, remove }: { form: GradeForm; tried: boolean; change: (next: Partial<GradeForm>) => void; remove?: () => void }) {
  const { prices: words } = useOrganiserWords()
  const changeType = (key: string, next: Partial<TypeForm>) => change({ types: types.map((type) => (type.key === key ? { ...type, ...next } : type)) })
  return (
    <>
      <Digits label={words.price(grade)} name={`price ${grade}`} value={price} hint={price === '' ? undefined : won(Number(price))} problem={tried && types.length > 0 && price === '' ? words.badPrice : undefined} onChange={(text) => change({ price: text })} />
      {types.map((type) => (
        <div key={type.key} className="price-type">
          <div className="two">
            <Field label={words.typeName} name={`type ${type.key}`} hint={words.typeNameHint} maxLength={40} value={type.name} problem={tried ? (type.name.trim() === '' ? words.noTypeName : isTwice(types, type) ? words.twice : undefined) : undefined} onChange={(name) => changeType(type.key, { name })} />
            <Digits label={words.typePrice} name={`type price ${type.key}`} value={type.price} hint={type.price === '' ? undefined : won(Number(type.price))} problem={tried && type.price === '' ? words.badPrice : undefined} onChange={(text) => changeType(type.key, { price: text })} />
          </div>
          <div className="row between">
            <Check checked={type.proof} onChange={(proof) => changeType(type.key, { proof })}>{words.proof}</Check>
            <button type="button" className="quiet" onClick={() => change({ types: types.filter(({ key }) => key !== type.key) })}>{words.removeType(type.name)}</button>
          </div>
        </div>
      ))}
      <div className="row">
        {types.length < typesMax ? <button type="button" className="button small" onClick={() => change({ types: [...types, { key: crypto.randomUUID(), name: '', price: '', proof: true }] })}>{words.addType(grade)}</button> : null}
        {remove ? <button type="button" className="button small" onClick={remove}>{words.removeGrade(grade)}</button> : null}
      </div>
    </>
  )
}
