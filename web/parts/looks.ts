/** Colour, letter and shape of the grades, dearest first; a sixth begins again with a dot inside. */
export const gradeLooks = [
  { fill: '#D15464', shape: 'circle' }, { fill: '#367FE4', shape: 'square' }, { fill: '#4FD7FF', shape: 'diamond' }, { fill: '#9973A4', shape: 'hexagon' }, { fill: '#D0D9A3', shape: 'triangle' },
] as const
export type Shape = (typeof gradeLooks)[number]['shape']
export const lookOf = (index: number) => ({ ...(gradeLooks[index % gradeLooks.length] as (typeof gradeLooks)[number]), dotted: index >= gradeLooks.length })

/** Grades, dearest first: their place decides colour, letter and shape everywhere. */
export const gradesOf = (prices: { grade: string; price: number }[]) => prices.toSorted((a, b) => b.price - a.price).map(({ grade }) => grade)
