const count = (n: number) => n.toLocaleString('ko-KR')

/** The line’s own sentences, a language a file: its page loads nothing else. */
export const ko = {
  brand: '오픈런', server: '서버 시각', heard: (s: number) => (s < 3 ? '방금 받은 순번이에요' : `${s}초 전에 받은 순번이에요`), leave: '줄에서 나가기', leaveSure: '줄에서 나갈까요? 다시 서면 맨 뒤예요.', stay: '그대로 있기', story: '내 차례에 있었던 일', otherLanguage: 'English',
  loading: '순번을 불러오는 중이에요',
  signIn: { title: '로그인하고 줄을 서요', body: '한 사람이 한 자리씩 서려면 계정이 필요해요. 로그인하면 이 화면으로 돌아와요.', button: '로그인' },
  join: { title: '아직 줄에 서지 않았어요', body: '줄은 한 번만 서면 돼요. 창을 닫아도 순번은 그대로예요.', button: '줄 서기' },
  code: { title: '코드가 필요한 판매예요', body: '받은 코드를 적어 주세요.', label: '코드', button: '줄 서기' },
  notOpen: { title: '아직 줄이 열리지 않았어요', body: (at: string) => `${at}에 열려요. 여는 시각에 저절로 바뀌어요. 일찍 와도 순서는 앞당겨지지 않아요.`, soon: '곧 열려요. 여는 시각에 저절로 바뀌어요.' },
  lobby: { title: '대기실에 들어왔어요', body: '순번은 여는 시각에 추첨해요. 일찍 와도 순서는 앞당겨지지 않고, 새로고침해도 괜찮아요.', sealed: '명단을 닫았어요. 곧 순번을 추첨해요.', verified: '이메일 확인', window: '이번 판매에서 살 수 있음', wallet: (left: string) => `지갑에 ${left}이 더 있으면 넉넉해요`, walletOk: '지갑에 돈이 넉넉함', ok: '준비됨', open: '아직' },
  waiting: { title: (n: number) => `앞에 ${count(n)}명 있어요`, next: '바로 다음이에요', body: (odds: string) => `${odds} 새로고침하거나 창을 닫아도 순번은 그대로예요.`, range: (low: number, high: number) => (high <= 1 ? '1분 안에 차례가 와요.' : low === high || low < 1 ? `약 ${high}분 남았어요.` : `약 ${low}~${high}분 남았어요.`), still: '지금은 남은 시간을 말하기 어려워요.' },
  odds: { 'very likely': '좌석을 받을 가능성은 아주 높아요.', likely: '좌석을 받을 가능성은 높아요.', uncertain: '좌석을 받을 수 있을지 아직 몰라요.', unlikely: '좌석을 받기 어려울 수 있어요.', 'almost none': '좌석을 받기 어려울 것 같아요.' },
  figures: (left: number, ahead: number) => `남은 좌석 ${count(left)}석, 앞에 ${count(ahead)}명`, oddsWhy: '어떻게 셈했나요',
  hopeless: { title: '좌석을 받기 어려울 것 같아요', body: (ahead: number, left: number) => `앞에 ${count(ahead)}명, 남은 좌석은 ${count(left)}석이에요. 기다려도 되고, 창을 닫고 나중에 다시 와도 돼요. 순번은 둘 다 유지돼요.` },
  allHeld: { title: '지금은 모든 좌석이 결제 중이에요', body: '나오는 대로 순번대로 안내해요.', ends: (left: string) => `가장 빠른 마감은 ${left} 뒤예요. 나오는 대로 순번대로 안내해요.` },
  soldOut: { title: '매진됐어요', body: '취소표가 나오면 순번대로 안내해요. 기다려도 되고 나가도 돼요.' },
  reasons: { 'paused: operator': '줄이 잠시 멈췄어요. 모든 시간도 함께 멈춰 있어요.', 'slowed: payment': '결제가 느려져 입장을 잠시 줄였어요. 순번은 그대로예요.', 'slowed: server': '몰리는 만큼 입장을 잠시 줄였어요. 순번은 그대로예요.', 'slowed: seats': '남은 좌석만큼만 들어가고 있어요. 순번은 그대로예요.', returns: '이제는 돌아오는 좌석만 있어요. 순번대로 안내해요.' } as Record<string, string>,
  proof: '추첨 확인하기',
  woken: { title: '바로 다음 차례예요', body: '자리가 나는 대로 불러 드려요. 창을 열어 두세요.' },
  called: { title: '입장할 차례예요', body: (at: string) => `${at}까지 들어오세요. 놓쳐도 순번은 사라지지 않아요.`, button: '들어가기', bar: (left: string) => `▶ 입장하세요 ${left}` },
  asleep: { title: '자리를 비우신 것 같아 순번을 재워 두었어요', body: '누르면 바로 다음 차례로 불러 드려요.', button: '저 왔어요' },
  inside: { title: '안에 들어와 있어요', body: (at: string) => `${at}까지 좌석을 고를 수 있어요.`, button: '좌석 고르기' },
  elsewhere: { title: '다른 기기에서 이어서 보고 있어요', body: '여기로 옮기면 맡은 좌석과 남은 시간도 함께 와요.', button: '여기로 옮기기' },
  unverified: { title: '들어오기 전에 이메일을 확인해 주세요', body: '순번은 그대로예요. 메일의 링크를 열면 바로 들어갈 수 있어요.', button: '메일 다시 받기', sent: '메일을 보냈어요.', enter: '확인했어요, 들어가기' },
  ended: { title: '순번이 끝났어요', body: '다시 줄을 서면 맨 뒤에서 시작해요.', button: '다시 줄 서기', reasons: { purchase: '살 수 있는 매수를 모두 샀어요.', pass_expired: '입장 시간이 끝났어요.', left: '줄에서 나갔어요.' } as Record<string, string>, over: { window_closed: '판매 기간이 끝났어요.', line_closed: '운영자가 줄을 닫았어요.', show_cancelled: '공연이 취소됐어요. 결제한 금액은 모두 돌려드려요.' } as Record<string, string> },
  slowLane: { body: (s: number, perMinute?: number) => `${perMinute ? `1분에 ${count(perMinute)}번까지 받아요. ` : ''}순번은 바뀌지 않고, ${s}초 뒤 저절로 풀려요.`, button: '잘못됐어요' },
  closed: { title: '줄이 닫혔어요', body: '다른 날짜를 찾아보세요.', button: '공연 보러 가기' },
  offline: (s: number) => `연결이 끊겼어요. 순번은 그대로예요. ${s}초 전 모습이에요.`, again: '다시 시도', problem: '지금은 보여 드릴 수 없어요',
}
export type Words = typeof ko
