// both languages group digits alike
const count = (n: number) => n.toLocaleString('en-GB')

/** The sentences of who runs a sale; fans never load them. */
export const ko = {
  title: '상황실', of: (show: string) => `${show} 상황실`, forOperators: '당직자만 볼 수 있어요.', stale: (s: number) => `${s}초 전 모습이에요. 다시 잇는 중이에요.`, heard: (s: number) => (s < 3 ? '방금' : `${s}초 전`),
  sentence: {
    opens: (left: string) => `판매 시작 ${left} 전`, lobby: (n: number) => `대기실에 ${count(n)}명`, onSale: (time: string) => `판매 ${time}째`, perSecond: (n: string) => `초당 ${n}석`, soldOutIn: (minutes: number) => `약 ${minutes}분 뒤 매진`, soldOut: '매진', closed: '판매가 끝났어요', paused: '멈춤, 모든 시간이 서 있어요',
    fine: '이상 없음', checking: '약속을 확인하는 중', broken: (n: number) => `깨진 약속 ${n}건`, unknown: '확인하지 못한 약속이 있어요', busy: '서버가 바빠요',
  },
  reasons: { 'paused: operator': '당직자가 멈췄어요', 'slowed: payment': '결제가 느려 덜 들이고 있어요', 'slowed: server': '서버가 바빠 덜 들이고 있어요', 'slowed: seats': '남은 좌석만큼만 들이고 있어요', returns: '돌아오는 좌석만 남았어요' } as Record<string, string>,
  funnel: { title: '어디에 몇 명이 있나', joined: '줄에 선 사람', waiting: '기다리는 사람', called: '부른 사람', inside: '안에 있는 사람', held: '맡은 좌석', paying: '결제 중', sold: '팔린 좌석', of: (n: number, all: number) => `${count(n)} / ${count(all)}`, rate: (n: string) => `초당 ${n}` },
  promises: {
    title: '약속', once: '한 좌석은 한 번만 팔려요', paid: '낸 돈은 표나 환불이 돼요', ledger: '장부가 맞아요', places: '순번을 잃지 않아요', cap: '정한 만큼만 들어와요', quota: '한 사람 매수를 지켜요', outbox: '소식이 밀리지 않아요', rest: '나머지 규칙',
    ok: '지켜짐', broken: (n: number) => `${n}건 어긋남`, unknown: '확인 못 함', checked: (n: number, ms: number, at: string) => `${at} 확인, 규칙 ${n}개, ${count(ms)}ms`, again: '지금 확인', apart: '서비스가 나뉘어 있어요. npm run verify로 확인해 주세요.', waiting: '아직 확인하지 않았어요.',
  },
  pace: { title: '왜 이 속도인가', cap: '동시에 들이는 수', inside: '부르거나 안에 있는 사람', rate: '들이는 속도', none: '막는 것이 없어요', full: '정한 수만큼 차 있어요', perSecond: (n: string) => `초당 ${n}명`, limit: (n: number) => `분당 ${count(n)}명까지`, history: '지난 몇 분 동안 부르거나 안에 있던 사람' },
  felt: { title: '팬이 느끼는 것', step: '하는 일', join: '줄 서기', hold: '좌석 맡기', pay: '결제', times: '횟수', half: '절반은', most: '95%는', refusals: '거절', none: '거절이 없어요', last: '최근 10초' },
  machine: { title: '이 서버', cpu: 'CPU 사용', memory: '메모리', lag: '이벤트 루프 지연', connections: 'DB 연결', streams: '열린 스트림', outbox: '보낼 소식', parked: '멈춘 소식', of: (used: number, all: number, waiting: number) => `${used} / ${all}, 기다림 ${waiting}` },
  controls: {
    title: '조작', pause: '멈추기', resume: '다시 열기', message: '안내문', cap: '동시에 들이는 수', close: '줄 닫기', save: '바꾸기', clear: '안내문 지우기',
    pauseSure: '이 회차를 멈출까요?', pauseBody: (turns: number, passes: number, holds: number) => `시계 ${count(turns + passes + holds)}개가 멈춰요: 부른 차례 ${count(turns)}, 입장 ${count(passes)}, 맡은 좌석 ${count(holds)}. 아무도 들어오지 못하지만 순번과 좌석은 그대로예요.`,
    resumeSure: '다시 열까요?', resumeBody: '멈춘 만큼 모든 시간이 늘어나요.', closeSure: '줄을 닫을까요?', closeBody: (waiting: number) => `기다리는 ${count(waiting)}명의 순번이 끝나요. 되돌릴 수 없어요.`,
    capSure: '동시에 들이는 수', capBody: '줄여도 안에 있는 사람은 나가지 않아요. 그만큼 나갈 때까지 아무도 부르지 않아요.', messageSure: '줄에 보일 안내문', messageBody: '기다리는 모두가 1초 안에 봐요. 한글 40자까지예요.', done: '바뀌었어요.',
  },
  audit: {
    title: '누가 무엇을 했나', none: '아직 아무도 바꾸지 않았어요.', you: '나',
    actions: {
      'line.cap': '동시에 들이는 수', 'line.rate': '들이는 속도', 'line.message': '안내문', 'line.work': '작업량', 'line.close': '줄 닫기', 'show.create': '회차 만들기', 'show.update': '날짜와 시각', 'show.plan': '좌석 배치', 'show.prices': '가격', 'show.policies': '구매 조건', 'show.windows': '판매 기간',
      'show.publish': '공개', 'show.unpublish': '초안으로 되돌리기', 'show.cancel': '공연 취소', 'show.delete': '회차 지우기', 'show.pause': '멈추기', 'show.resume': '다시 열기', 'seats.block': '판매에서 빼기', 'seats.unblock': '다시 판매하기',
    } as Record<string, string>,
  },
  crowd: { title: '연습', start: '모의 팬으로 연습하기', body: '새 회차를 만들고 모의 팬이 실제 주소로 들어와 사요. 이 회차에는 아무 일도 없어요.' },
}
export type OperatorWords = typeof ko
export const en: OperatorWords = {
  title: 'War room', of: (show) => `War room: ${show}`, forOperators: 'Only operators can see this.', stale: (s) => `This is ${s} s old. We are reconnecting.`, heard: (s) => (s < 3 ? 'just now' : `${s} s ago`),
  sentence: {
    opens: (left) => `Opens in ${left}`, lobby: (n) => `${count(n)} in the lobby`, onSale: (time) => `On sale ${time}`, perSecond: (n) => `${n} seats/s`, soldOutIn: (minutes) => `sold out in about ${minutes} min`, soldOut: 'sold out', closed: 'The sale is over', paused: 'Paused, every clock stands still',
    fine: 'nothing is wrong', checking: 'checking the promises', broken: (n) => (n === 1 ? '1 broken promise' : `${n} broken promises`), unknown: 'some promises could not be checked', busy: 'the server is busy',
  },
  reasons: { 'paused: operator': 'paused by an operator', 'slowed: payment': 'payments are slow, so fewer come in', 'slowed: server': 'the server is busy, so fewer come in', 'slowed: seats': 'as many come in as there are seats', returns: 'only seats that come back are left' },
  funnel: { title: 'Who is where', joined: 'Joined the line', waiting: 'Waiting', called: 'Called', inside: 'Inside', held: 'Seats in baskets', paying: 'Paying', sold: 'Seats sold', of: (n, all) => `${count(n)} / ${count(all)}`, rate: (n) => `${n}/s` },
  promises: {
    title: 'Promises', once: 'A seat is sold once', paid: 'Paid is a ticket or a refund', ledger: 'The ledger adds up', places: 'No place is lost', cap: 'Only as many inside as set', quota: 'Limits per person hold', outbox: 'No news is stuck', rest: 'All other rules',
    ok: 'kept', broken: (n) => `${n} broken`, unknown: 'not checked', checked: (n, ms, at) => `Checked ${at}, ${n} rules, ${count(ms)} ms`, again: 'Check now', apart: 'The services run apart. Please run npm run verify.', waiting: 'Not checked yet.',
  },
  pace: { title: 'Why this pace', cap: 'At most at once', inside: 'Called or inside', rate: 'Letting in', none: 'Nothing holds it back', full: 'As many as set are called or inside', perSecond: (n) => `${n} a second`, limit: (n) => `at most ${count(n)} a minute`, history: 'Called or inside, the last minutes' },
  felt: { title: 'Felt by fans', step: 'Step', join: 'Join', hold: 'Hold', pay: 'Pay', times: 'Times', half: 'Half within', most: '95 % within', refusals: 'Refused', none: 'Nothing was refused', last: 'the last 10 s' },
  machine: { title: 'This server', cpu: 'CPU', memory: 'Memory', lag: 'Event loop delay', connections: 'DB connections', streams: 'Open streams', outbox: 'News to send', parked: 'News parked', of: (used, all, waiting) => `${used} / ${all}, ${waiting} waiting` },
  controls: {
    title: 'Controls', pause: 'Pause', resume: 'Resume', message: 'Message', cap: 'How many at once', close: 'Close the line', save: 'Change', clear: 'Take the message away',
    pauseSure: 'Pause this show?', pauseBody: (turns, passes, holds) => `${turns + passes + holds === 1 ? '1 clock stops' : `${count(turns + passes + holds)} clocks stop`} (turns ${count(turns)}, passes ${count(passes)}, holds ${count(holds)}). Nobody comes in, and places and seats stay as they are.`,
    resumeSure: 'Resume?', resumeBody: 'Every time limit gets longer by the pause.', closeSure: 'Close the line?', closeBody: (waiting) => `The places of ${count(waiting)} who wait end. This cannot be undone.`,
    capSure: 'How many at once', capBody: 'A lower number sends nobody out: nobody is called until as many have left.', messageSure: 'Message to the line', messageBody: 'Everybody who waits sees it within a second. At most 120 letters.', done: 'Changed.',
  },
  audit: {
    title: 'Who did what', none: 'Nobody changed anything yet.', you: 'you',
    actions: {
      'line.cap': 'How many at once', 'line.rate': 'Pace', 'line.message': 'Message', 'line.work': 'Work', 'line.close': 'Line closed', 'show.create': 'Created', 'show.update': 'Date and time', 'show.plan': 'Hall', 'show.prices': 'Prices', 'show.policies': 'Limits', 'show.windows': 'Sales windows',
      'show.publish': 'Published', 'show.unpublish': 'Taken back', 'show.cancel': 'Cancelled', 'show.delete': 'Deleted', 'show.pause': 'Paused', 'show.resume': 'Resumed', 'seats.block': 'Seats blocked', 'seats.unblock': 'Seats unblocked',
    },
  },
  crowd: { title: 'Rehearsal', start: 'Rehearse with a crowd', body: 'Makes a show of its own; simulated fans come by the public address and buy. Nothing happens to this show.' },
}
