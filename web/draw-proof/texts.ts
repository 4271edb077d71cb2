import type { Language } from './proof-page.ts'

/** Every word of the page, in both languages. */
const ko = {
  title: '추첨 확인', lead: '이 화면은 서버의 말을 믿지 않아요. 공개된 값만 받아서 추첨을 이 브라우저에서 처음부터 다시 계산해요.',
  facts: '공개된 값', findings: '다시 계산한 결과', mine: '내 순번', mineLead: '대기실에 들어온 번호가 추첨 명단에 있었는지, 몇 번째로 뽑혔는지 확인해요.',
  countRoster: '명단 전체를 세어 보기', checkMine: '내 순번 확인하기', number: '대기실에 들어온 번호', computeRank: '뽑힌 순서 계산',
  loading: '불러오는 중이에요', unreachable: '추첨 기록을 받지 못했어요. 잠시 뒤 다시 열어 주세요.', none: '이 회차에는 추첨이 없어요.', missing: '주소에 회차가 없어요: /draw-proof?show=…',
  counting: '명단을 세고 있어요', done: '확인을 마쳤어요', signIn: '먼저 로그인해 주세요. 번호를 알면 아래에서 순서를 계산할 수 있어요.', notIn: '추첨 명단에 회원님의 번호가 없어요. 대기실이 닫힌 뒤에 오셨다면 도착한 순서대로예요.',
  rankIs: '뽑힌 순서', notYet: '아직 공개되지 않았어요', ok: '맞아요', wrong: '맞지 않아요', weaker: '증명이 약해요',
  commitment: '미리 건 약속(비밀의 해시)', times: '정해진 차례대로', chain: '공개 난수의 출처', round: '난수 회차가 명단보다 나중', signature: '난수의 서명', root: '명단의 해시', seed: '추첨 씨앗', strength: '증명의 세기', frame: '모두가 보는 줄', account: '내 계정의 해시', inclusion: '명단 안의 내 번호', rank: '내가 뽑힌 순서',
  phase: '단계', beacon: '공개 난수 회차', rosterCount: '명단의 사람 수', secret: '비밀', nothing: '아직 없음', without: '없이 추첨했어요',
  lies: '비밀은 추첨할 때 공개돼요. 그전에는 약속만 확인할 수 있어요.',
}
type Texts = Record<keyof typeof ko, string>
const en: Texts = {
  title: 'Draw proof', lead: 'This page does not take the server’s word. It reads only what was published and does the draw again, in this browser.',
  facts: 'What was published', findings: 'What was computed', mine: 'My place', mineLead: 'Was the number you got in the lobby in the drawn roster, and when did it come up?',
  countRoster: 'Count the whole roster', checkMine: 'Check my place', number: 'My number in the lobby', computeRank: 'Compute the rank',
  loading: 'Loading', unreachable: 'The record of the draw cannot be had now. Please open this page again in a moment.', none: 'This show has no draw.', missing: 'The address names no show: /draw-proof?show=…',
  counting: 'Counting the roster', done: 'Checked', signIn: 'Sign in first. If you know your number, the rank can be computed below.', notIn: 'Your number is not in the drawn roster. Who came after the lobby was sealed follows by arrival.',
  rankIs: 'Rank', notYet: 'Not published yet', ok: 'It matches', wrong: 'It does not match', weaker: 'The proof is weaker',
  commitment: 'Commitment (hash of the secret)', times: 'Each thing fixed in its turn', chain: 'Source of public randomness', round: 'Its round came after the roster', signature: 'Signature of the randomness', root: 'Hash of the roster', seed: 'Seed of the draw', strength: 'Strength of the proof', frame: 'The line everybody sees', account: 'Hash of my account', inclusion: 'My number in the roster', rank: 'My rank',
  phase: 'Phase', beacon: 'Round of public randomness', rosterCount: 'People in the roster', secret: 'Secret', nothing: 'none yet', without: 'drawn without',
  lies: 'The secret comes out with the draw. Until then only the promise is there.',
}
export type { Texts }
export const texts: Record<Language, Texts> = { ko, en }
