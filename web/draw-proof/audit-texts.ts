import type { Language } from './proof-page.ts'

/** Every word of the page, in both languages. */
const ko = {
  title: '판매 기록 확인', lead: '이 화면은 서버의 말을 믿지 않아요. 공개된 기록만 받아서, 누구도 앞지르지 않았는지와 정원을 지켰는지를 이 브라우저에서 처음부터 다시 계산해요.',
  findings: '다시 계산한 결과', facts: '기록에 있는 것', headsLead: '아래 값은 기록 전체의 지문이에요. 적어 두면 나중에 한 줄이라도 바뀌었는지 알 수 있어요.',
  draw: '추첨', drawLead: '추첨 다시 계산하기', loading: '기록을 읽고 있어요', missing: '주소에 회차가 없어요: /audit-proof?show=…', none: '이 회차에는 줄이 없어요.', unreachable: '기록을 받지 못했어요. 잠시 뒤 다시 열어 주세요.',
  whole: '판매가 끝났고, 이 기록이 전부예요.', running: '판매가 진행 중이라 기록이 더 이어져요.', ok: '맞아요', wrong: '맞지 않아요',
  chain_broken: '바뀐 줄이 없음', number_gap: '번호가 빠짐없이 이어짐', two_places: '한 사람에 한 자리', impossible: '일어날 수 없는 일이 없음', cap_exceeded: '정원을 넘지 않음', called_while_paused: '멈춘 동안 아무도 부르지 않음', called_while_closed: '닫힌 줄에서 아무도 부르지 않음', other_draw: '추첨된 순서 그대로', passed_over: '기다리던 사람을 앞지르지 않음',
  joins: '줄에 선 횟수', calls: '부른 횟수', liveMax: '한때 가장 많이 들어와 있던 사람', capMax: '가장 컸던 정원', lines: '읽은 기록의 줄 수',
}
type Texts = Record<keyof typeof ko, string>
const en: Texts = {
  title: 'Audit of a sale', lead: 'This page does not take the server’s word. It reads only the public record and computes again, in this browser, that nobody was passed over and the cap was kept.',
  findings: 'What was computed', facts: 'What the record has', headsLead: 'These are fingerprints of the whole record. Keep them, and you can tell later whether a single line was changed.',
  draw: 'The draw', drawLead: 'Do the draw again', loading: 'Reading the record', missing: 'The address names no show: /audit-proof?show=…', none: 'This show has no line.', unreachable: 'The record cannot be had now. Please open this page again in a moment.',
  whole: 'The sale is over, and this record is whole.', running: 'The sale is running: more will follow.', ok: 'It holds', wrong: 'It does not hold',
  chain_broken: 'No line was changed', number_gap: 'Numbers without gaps', two_places: 'One place a person', impossible: 'Nothing happened that cannot', cap_exceeded: 'Never more in than the cap', called_while_paused: 'Nobody called while paused', called_while_closed: 'Nobody called from a closed line', other_draw: 'The order is the one that was drawn', passed_over: 'Nobody passed a waiter',
  joins: 'Joins', calls: 'Calls', liveMax: 'Most in at once', capMax: 'Highest cap', lines: 'Lines read',
}
export type { Texts }
export const texts: Record<Language, Texts> = { ko, en }
