const hangul = [...'가나다라마바사아자차카타파하']

/** What follows in a series: 1 2 3, A B … Z AA, 가 나 다, and any name that ends in a number. */
export function following(name: string): string {
  const number = /^(.*?)(\d+)$/.exec(name)
  if (number) return `${number[1]}${Number(number[2]) + 1}`
  const place = hangul.indexOf(name)
  if (place >= 0) return hangul[place + 1] ?? '가2'
  if (/^[A-Z]+$/.test(name)) return afterLetters(name)
  return `${name}2`
}

function afterLetters(name: string): string {
  const last = name.slice(-1)
  if (last !== 'Z') return name.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1)
  return name.length === 1 ? 'AA' : `${afterLetters(name.slice(0, -1))}A`
}

/** This name, or the next of its series that is not taken. */
export function nextName(name: string, taken: readonly string[]): string {
  let wanted = name
  while (taken.includes(wanted)) wanted = following(wanted)
  return wanted
}

export function series(first: string, count: number): string[] {
  const names: string[] = []
  for (let name = first; names.length < count; name = following(name)) names.push(name)
  return names
}
