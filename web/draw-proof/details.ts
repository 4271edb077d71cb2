import type { Language } from './proof-page.ts'

/** What a finding adds to its verdict; the command line says the same in English. */
const weaknesses: Record<Language, Record<string, string>> = {
  ko: { no_beacon: '공개 난수 없이 추첨했어요', round_replaced: '공개 난수의 회차를 바꿨어요', beacon_unreachable: '공개 난수를 받지 못했어요' },
  en: { no_beacon: 'no public randomness was used', round_replaced: 'the round of public randomness was replaced', beacon_unreachable: 'the public randomness could not be reached' },
}
const korean: [RegExp, string][] = [
  [/^secret hashes to (.+)$/, '비밀의 해시: $1'], [/^computed (.+)$/, '다시 계산한 값: $1'], [/^the path leads to (.+)$/, '따라간 끝의 해시: $1'], [/^number (\d+) has rank (\d+)$/, '$1번은 $2번째로 뽑혔어요'],
  [/^nobody could have chosen the outcome$/, '누구도 결과를 고를 수 없었어요'], [/^no beacon was named$/, '공개 난수를 쓰지 않기로 했어요'], [/^the draw went without a signature$/, '서명 없이 추첨했어요'],
  [/^the known chain$/, '알려진 출처예요'], [/^chain (.+) is not the known one$/, '알려진 출처가 아니에요: $1'], [/^the root came when the round was out$/, '난수가 나온 뒤에 명단이 나왔어요'], [/^round (\d+) is of (.+)$/, '$1회차는 $2에 나와요'], [/^round (\d+)$/, '$1회차'],
  [/^(\d+) accounts hash to (.+)$/, '$1명의 해시: $2'], [/^not published yet$/, '아직 공개되지 않았어요'],
]

export function detailIn(language: Language, detail: string): string {
  const weak = /^weaker: (.+)$/.exec(detail)?.[1]
  if (weak) return weak.split(', ').map((code) => weaknesses[language][code] ?? code).join(', ')
  const spoken = language === 'ko' ? korean.find(([form]) => form.test(detail)) : undefined
  return spoken ? detail.replace(spoken[0], spoken[1]) : detail
}

const phases: Record<string, string> = { announced: '예고', lobby: '대기실', sealed: '명단을 닫음', open: '판매 중', closed: '닫힘' }
export const phaseIn = (language: Language, phase: string) => (language === 'ko' ? (phases[phase] ?? phase) : phase)
