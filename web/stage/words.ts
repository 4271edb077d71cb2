const count = (n: number) => n.toLocaleString('en-GB')

/** The narration of the demo. */
export const ko = {
  title: '오픈런 체험', lead: (seats: number, fans: number) => `좌석 ${count(seats)}석에 모의 팬 ${count(fans)}명과 당신이 몰려요. 보이는 것은 모두 이 컴퓨터에서 실제로 일어나는 일이에요.`,
  phone: '당신의 휴대폰', warRoom: '상황실', start: '몰려오게 하기', again: '한 번 더', kill: '서버 죽이기 (kill -9)', running: '몰려오는 중이에요', notHere: 'npm start로 켠 서버에서만 볼 수 있어요.', waiting: '시작하면 여기에 예매 화면이 떠요.', crowding: '팬들이 몰려오고 있어요. 셋 중 하나가 줄을 서면 당신도 줄을 서요.', own: '체험 팬으로 로그인돼 있어요.',
  say: {
    idle: '단추를 누르면 새 회차가 열리고 모두 한꺼번에 들어와요.', opening: '회차를 만들고 있어요.', arriving: (joined: number) => `${count(joined)}명이 줄을 섰어요. 새로고침해도 순번은 그대로예요. 왼쪽에서 차례를 기다리세요.`, selling: (sold: number, lost: number) => `${count(sold)}석이 팔렸고, ${count(lost)}번은 누군가 간발의 차로 놓쳐 다른 좌석을 골랐어요. 차례가 오면 두 자리를 골라 결제해 보세요. 이제 서버를 죽여도 돼요.`,
    dead: (s: number) => `진짜 kill -9예요. 서버는 ${s}초 전에 죽었고, 감시자가 다시 켜고 있어요.`, back: (s: string, kills: number) => `${s}초 만에 돌아왔어요(${kills}번째). 순번도, 맡은 좌석도, 결제도 그대로예요.`, over: '끝났어요. 아래가 감사 결과예요. 믿지 말고 npm run verify로 확인해 보세요.', failed: '끝까지 가지 못했어요.',
  },
  crowd: (fans: number) => `모의 팬 ${count(fans)}명, 컴퓨터는 당신의 것`,
  audit: { title: '감사 결과', sound: '모두 지켜졌어요', unsound: '지켜지지 않은 것이 있어요', sold: '팔린 좌석', of: (n: number, all: number) => `${count(n)} / ${count(all)}`, twice: '두 번 팔린 좌석', lost: '잃은 순번, 좌석, 결제', unexpected: '뜻밖의 대답', violations: '어긋난 규칙', wait: '평균 기다림', seconds: (n: number) => `${n}초`, sale: '판매에 걸린 시간', kills: '그사이 죽은 서버', rate: '초당 예매', refused: '까닭을 듣고 거절된 요청', times: (n: number) => `${count(n)}번`, unverified: '확인하지 못함' },
}
export type StageWords = typeof ko
export const en: StageWords = {
  title: 'Openrun demo', lead: (seats, fans) => `${count(seats)} seats, ${count(fans)} simulated fans and you. Everything you see happens for real on this machine.`,
  phone: 'Your phone', warRoom: 'War room', start: 'Start the rush', again: 'Do it again', kill: 'Kill the server (kill -9)', running: 'The rush is running', notHere: 'Only a server started with npm start shows this.', waiting: 'The shop appears here when the rush starts.', crowding: 'Fans are coming. You join when a third of them stand in line.', own: 'You are signed in as the demo fan.',
  say: {
    idle: 'One press opens a fresh show, and everybody comes at once.', opening: 'Making the show.', arriving: (joined) => `${count(joined)} have joined the line. Reloading changes no place. Wait for your turn on the left.`, selling: (sold, lost) => `${count(sold)} seats sold; ${lost === 1 ? 'once' : `${count(lost)} times`} somebody was a moment late and chose other seats. On your turn, take two seats and pay. Now you may kill the server.`,
    dead: (s) => `This is a real kill -9. The server died ${s} s ago and is being started again.`, back: (s, kills) => `Back after ${s} s (kill number ${kills}). Every place, hold and payment is as it was.`, over: 'It is over. The audit is below. Do not believe us: npm run verify.', failed: 'The rush did not get to its end.',
  },
  crowd: (fans) => `Simulated fans: ${count(fans)}; machine: yours`,
  audit: { title: 'Audit sheet', sound: 'Every promise was kept', unsound: 'Something was not kept', sold: 'Seats sold', of: (n, all) => `${count(n)} / ${count(all)}`, twice: 'Sold twice', lost: 'Places, holds or payments lost', unexpected: 'Unexpected answers', violations: 'Rules broken', wait: 'Mean wait', seconds: (n) => `${n} s`, sale: 'The sale took', kills: 'Server kills meanwhile', rate: 'Purchases a second', refused: 'Requests refused, told why', times: (n) => count(n), unverified: 'not checked' },
}
