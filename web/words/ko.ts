/** 해요체, numbers before adjectives, no blame. The shape of every language is this one's. */
export const ko = {
  common: {
    skip: '본문으로 건너뛰기', home: '공연', reservations: '내 예매', wallet: '지갑', account: '내 정보', organiser: '주최', signIn: '로그인', signOut: '로그아웃', menu: '메뉴',
    otherLanguage: 'English', back: '뒤로', close: '닫기', cancel: '그만두기', again: '다시 시도', loading: '불러오는 중이에요', more: '더 보기', copy: '복사', copied: '복사했어요',
    seats: (n: number) => `${n}석`, people: (n: string) => `${n}명`, oldData: (seconds: number) => `${seconds}초 전에 받은 내용이에요`,
  },
  problem: {
    title: '지금은 보여 드릴 수 없어요', offline: '연결이 끊겼어요', offlineBody: '연결되면 다시 불러올게요. 순번과 좌석, 결제한 금액은 그대로예요.',
    safe: '좌석과 돈은 안전해요. 내 예매에서 확인할 수 있어요.', request: '문의 번호', notFound: '찾는 화면이 없어요', notFoundBody: '주소를 다시 확인하거나 공연 목록에서 찾아 주세요.', toHome: '공연 보러 가기',
  },
  home: {
    title: '공연', lead: '한꺼번에 몰려도 순번은 그대로, 좌석은 한 번만 팔려요.', search: '공연 이름으로 찾기', searchButton: '찾기', empty: '아직 공연이 없어요. 주최자라면 첫 공연을 만들어 주세요.',
    none: (text: string) => `‘${text}’ 공연을 찾지 못했어요.`, tooShort: '두 글자 이상 적어 주세요.', noDate: '날짜 미정', from: (day: string) => `${day}부터`, found: (n: number) => `공연 ${n}개`, onSale: '예매 중', soldOut: '매진', nextIn: (time: string) => `다음 예매 ${time} 뒤`, nextAt: (at: string) => `다음 예매 ${at}`,
  },
  concert: {
    shows: '날짜와 회차', noShows: '아직 정해진 회차가 없어요.', cancelledTag: '취소됨', closedBody: '판매 기간이 끝났어요. 다른 회차를 찾아보세요.', cancelled: '취소된 공연이에요. 결제한 금액은 모두 돌려드려요.', join: '줄 서기', lobby: '대기실 열림', enterLobby: '대기실 들어가기', opensIn: (time: string) => `${time} 뒤에 열려요`, opensAt: (at: string) => `${at}에 열려요`,
    notify: '여는 시각을 캘린더에 담기', open: '판매 중', allHeld: '모두 결제 중', soldOut: '매진', closed: '판매하지 않아요', soon: '곧 열려요', left: (n: string) => `${n}석 남음`,
    allHeldBody: (time: string) => `지금은 모든 좌석이 결제 중이에요. 가장 빠른 마감은 ${time} 뒤예요. 나오는 대로 순번대로 안내해요.`, allHeldSoon: '지금은 모든 좌석이 결제 중이에요. 나오는 대로 순번대로 안내해요.',
    soldOutBody: '매진됐어요. 취소표가 나오면 이 화면에 바로 보여요.', codes: '코드가 있는 분만', fee: (won: string) => `예매 수수료 1매 ${won}`, limit: (n: number) => `1인 ${n}매까지`, venueTime: '현지 시각 기준', yours: (at: string) => `지금 계신 곳은 ${at}`,
    freeUntil: (day: string) => `${day}까지 취소하면 모두 돌려드려요`, warRoom: '상황실', proof: '현장에서 확인', countdown: '여는 시각까지', ready: '여는 시각에 저절로 바뀌어요. 새로고침하지 않아도 돼요. 일찍 와도 순서는 앞당겨지지 않아요.',
  },
  sign: {
    inTitle: '로그인', upTitle: '회원가입', email: '이메일', password: '비밀번호', newPassword: '새 비밀번호', name: '이름', nameHint: '신분증에 적힌 이름이면 입장이 빨라요.', passwordHint: '8자 이상',
    in: '로그인', up: '가입하기', toUp: '처음이신가요? 회원가입', toIn: '이미 계정이 있나요? 로그인', forgot: '비밀번호를 잊었어요', back: '보던 화면으로 돌아가요. 줄에 서 있다면 순번은 그대로예요.',
    badEmail: '이메일 주소를 확인해 주세요.', badPassword: '8자 이상 적어 주세요.', badName: '이름을 적어 주세요.', wait: (time: string) => `${time} 뒤에 다시 할 수 있어요.`,
    forgotTitle: '비밀번호 다시 정하기', forgotLead: '가입한 이메일로 15분 동안 쓸 수 있는 링크를 보내 드려요.', send: '링크 보내기', sentTitle: '메일을 확인해 주세요', sentBody: '가입된 주소라면 링크가 도착해요. 몇 분이 지나도 없으면 스팸함을 봐 주세요.',
    resetTitle: '새 비밀번호', reset: '비밀번호 바꾸기', resetDone: '비밀번호를 바꿨어요', resetDoneBody: '다른 기기에서는 모두 로그아웃됐어요. 새 비밀번호로 로그인해 주세요.',
    verifyTitle: '이메일 확인', verifying: '확인하고 있어요', verified: '이메일을 확인했어요', verifiedBody: '이제 차례가 오면 바로 들어갈 수 있어요.', newLink: '새 링크 받기', needed: '로그인이 필요해요', neededBody: '한 사람이 한 자리씩 서려면 계정이 필요해요. 로그인하면 이 화면으로 돌아와요.',
  },
  account: {
    title: '내 정보', verified: '확인된 이메일', unverified: '확인 안 된 이메일', unverifiedBody: '줄에는 설 수 있지만, 들어가려면 이메일을 확인해야 해요.', resend: '확인 메일 다시 받기', resent: '메일을 보냈어요.', language: '언어',
    passwordTitle: '비밀번호 바꾸기', oldPassword: '지금 비밀번호', change: '바꾸기', changed: '바꿨어요. 다른 기기에서는 로그아웃됐어요.', data: '내 데이터', export: '내려받기', exportBody: '보관 중인 내 정보를 JSON 파일로 받아요.',
    erase: '계정 지우기', eraseBody: '이름과 이메일을 지워요. 결제 기록은 법에서 정한 기간 동안 이름 없이 남아요. 지갑에 돈이 있으면 보낸 곳으로 돌려드려요.', eraseSure: '계정을 지울까요?', eraseYes: '지우기', eraseOpen: (n: number) => `예매 ${n}건이 남아 있어요`, eraseOpenBody: '계정을 지우면 다시 볼 수 없어요. 가지 않을 공연이라면 먼저 취소하고 돌려받으세요.', erased: '계정을 지웠어요',
  },
  wallet: {
    title: '지갑', balance: '잔액', add: '충전하기', amount: '금액', withdraw: '출금하기', entries: '내역', none: '아직 내역이 없어요.', waiting: '은행의 답을 기다려요', waitingBody: (won: string) => `${won} 충전을 확인하고 있어요. 다시 누르지 않아도 돼요.`,
    added: (won: string) => `${won}을 충전했어요.`, sent: (won: string) => `${won}을 보냈어요.`, onItsWay: (won: string) => `${won} 출금을 은행이 확인하고 있어요.`, after: (won: string) => `잔액 ${won}`, badAmount: '1원부터 1,000만 원까지 적어 주세요.',
    kinds: { payment: '결제', refund: '환불', top_up: '충전', withdrawal: '출금', withdrawal_returned: '출금 취소', credit: '적립' } as Record<string, string>,
  },
  hall: {
    title: '좌석 고르기', stage: '무대', list: '목록에서 고르기', map: '좌석표 보기', filter: '등급', best: '알아서 골라 주기', bestLead: '붙어 있는 좋은 좌석을 한 번에 맡아요.', quantity: '매수', any: '모든 등급', together: '나란히', find: (n: number) => `${n}석 맡기`,
    take: (n: number, won: string) => `${n}석 맡기 · ${won}`, takeNone: '좌석을 골라 주세요', chosen: '고른 좌석', none: '아직 고른 좌석이 없어요.', remove: (seat: string) => `${seat} 빼기`, full: (n: number) => `한 번에 ${n}석까지 고를 수 있어요`, fullBody: '다른 좌석을 고르려면 하나를 빼 주세요.',
    seat: (section: string, row: string, number: string) => `${section}구역 ${row}열 ${number}번`, entry: (section: string, number: string) => `${section} ${number}번`, sectionOf: (name: string) => (/^[A-Za-z0-9]{1,3}$/.test(name) ? `${name}구역` : name), rowOf: (row: string) => `${row}열`,
    states: ['선택 가능', '결제 중', '판매됨', '판매 안 함'], mine: '내 좌석', chosenState: '내가 고른 좌석', justTaken: '방금 선택됨', zoomIn: '확대', zoomOut: '축소', whole: '전체 보기', left: (n: string) => `${n}석`, legend: '표시',
    lost: (seat: string) => `${seat}은 다른 분이 먼저 선택했어요`, lostBody: (seat: string, others: boolean) => `${others ? '고른 나머지 좌석은 그대로예요. ' : ''}${seat}이 비어 있어요.`, lostBodyMany: (n: number, seat: string) => `비슷한 ${n}석을 찾았어요: ${seat}.`, lostNone: '다른 좌석을 골라 주세요.', takeInstead: (seat: string) => `${seat}으로 바꾸기`, look: '다른 좌석 보기',
    stale: (seconds: number) => `좌석표가 ${seconds}초 전 모습이에요. 다시 연결하고 있어요.`, allHeld: '지금은 모든 좌석이 결제 중이에요', allHeldUntil: (time: string) => `가장 빠른 마감은 ${time} 뒤예요. 나오면 좌석표에 바로 보여요.`, soldOut: '매진됐어요', soldOutBody: '취소표가 나오면 좌석표에 바로 보여요.', passNeeded: '줄을 서고 차례가 되면 들어와 주세요', passBody: '고른 좌석은 기억해 둘게요.', toLine: '줄로 가기', elsewhere: '휴대폰이나 다른 화면에서 이어서 보고 있어요', moveHere: '여기로 옮기기',
    yours: (n: number) => `이미 ${n}석을 맡아 두었어요`, yoursBody: '좌석을 바꾸면 지금 좌석은 새 좌석을 맡는 순간에만 놓여요. 시간은 그대로예요.', toCheckout: '결제하러 가기', swap: (n: number, won: string) => `${n}석으로 바꾸기 · ${won}`,
    keys: '화살표로 옮기고, Enter로 고르고, + 와 − 로 확대해요.', mapLabel: '좌석표', standing: '스탠딩', standingLead: '입장 번호가 빠른 순서로 드려요.', accessible: '휠체어석', companion: '동반석', restrictedView: '시야 제한', aisle: '통로', pick: '고르기', unpick: '빼기', rows: '열', section: '구역', empty: '조건에 맞는 좌석이 지금은 없어요.', fellBack: '가장 가까운 좌석을 맡았어요',
    ago: '방금', nearby: '가까운 빈 좌석', atLeast: (n: number) => (n === 1 ? '상관없음' : `${n}석`), allSections: '모든 구역', picked: (seat: string) => `${seat} 골랐어요`, unpicked: (seat: string) => `${seat} 뺐어요`,
  },
  checkout: {
    title: '결제', who: '받는 분', lines: '좌석', price: '푯값', fee: '예매 수수료', total: '합계', pay: (won: string) => `${won} 결제`, addPay: (won: string) => `${won} 더하고 결제`, wallet: '지갑', missing: (won: string) => `${won}이 모자라요. 결제하면서 바로 더해요.`, after: (won: string) => `결제하면 ${won}이 남아요.`,
    until: '맡아 둔 시간', extend: '2분 더', extended: '2분 더 맡아 둘게요.', ending: (s: number) => `좌석을 ${s}초 더 맡아 둘게요`, endingBody: (n: number) => `시간이 더 필요하면 눌러 주세요. ${n}번 더 늘릴 수 있어요.`, expired: '맡아 둔 시간이 끝나 좌석이 풀렸어요. 결제된 금액은 없어요', expiredBody: '같은 좌석이 비어 있으면 바로 다시 맡을 수 있어요.', again: '다시 맡기', toMap: '좌석표로 가기',
    change: '좌석 바꾸기', giveUp: '좌석 놓기', giveUpSure: '좌석을 놓을까요?', giveUpBody: '결제한 금액은 없어요. 놓은 좌석은 바로 다른 분이 살 수 있어요.', giveUpYes: '놓기', policy: '취소와 환불', policyFree: (day: string) => `~${day} 전액 환불`, policyAfter: '그 뒤로는 취소할 수 없어요', type: '권종', normal: '일반',
    paying: '결제하고 있어요', payingBody: '좌석은 결제가 끝날 때까지 지켜 드려요. 할 일은 없어요.', unknown: '은행의 답을 확인하고 있어요', unknownBody: '다시 결제하지 마세요. 좌석은 확인이 끝날 때까지 지켜 드리고, 결제는 한 번만 이루어져요. 창을 닫아도 결과는 내 예매에 남아요.', see: '내 예매에서 보기', refused: '결제되지 않았어요. 나간 돈은 없어요', refusedBody: '좌석은 그대로 맡아 두었어요.', until2: (at: string) => `늦어도 ${at}까지 답이 와요.`,
  },
  done: { title: '예매했어요', body: '좌석은 이제 회원님 것이에요.', passedOn: '차례는 다음 분께 넘겼어요. 더 사려면 다시 줄을 서 주세요.', number: '예매 번호', see: '내 예매 보기', more: '다른 공연 보기', calendar: '캘린더에 담기' },
  reservation: {
    title: '내 예매', none: '아직 예매가 없어요.', detail: '예매', number: (n: string) => `예매 ${n}`, statuses: { pending: '결제 전', paying: '결제 중', confirmed: '예매 완료', cancelled: '취소됨', expired: '시간이 끝남' } as Record<string, string>,
    pay: '이어서 결제하기', cancelTitle: '취소하기', cancelLead: '취소할 좌석을 골라 주세요.', cancel: (n: number, won: string) => `${n}석 취소 · ${won} 돌려받기`, cancelNone: '취소할 좌석을 골라 주세요', cancelSure: (n: number) => `${n}석을 취소할까요?`, cancelSureBody: (won: string) => `${won}을 지갑으로 돌려드려요. 되돌릴 수는 없어요.`, cancelYes: '취소하기', keep: '그대로 두기',
    refunded: (won: string) => `${won}을 돌려드렸어요`, refundedBody: '지갑으로 바로 들어왔어요. 취소수수료 0원, 예매수수료 포함.', cut: (at: string) => `${at}까지 취소할 수 있어요.`, cutOver: '취소할 수 있는 시간이 지났어요.', cancelledSeat: '취소됨', story: '내 차례에 있었던 일', paid: '결제한 금액', held: (at: string) => `${at}까지 맡아 두었어요`,
  },
  story: {
    title: '내 차례에 있었던 일', lead: '언제 무엇이 왜 일어났는지, 저희가 보는 기록과 같아요.', none: '아직 기록이 없어요.',
    steps: {
      joined: '줄에 섰어요', drawn: '순번을 추첨했어요', called: '차례가 됐어요', slept: '자리를 비우신 것 같아 순번을 재워 두었어요', woken: '순번을 깨웠어요', claimed: '들어왔어요', taken_over: '다른 기기로 옮겼어요', ended: '순번이 끝났어요', held: '좌석을 맡았어요', hold_ended: '맡아 둔 좌석이 풀렸어요', reserved: '예매를 시작했어요', confirmed: '예매가 끝났어요', cancelled: '예매를 취소했어요', expired: '예매 시간이 끝났어요',
      payment_started: '결제를 시작했어요', payment_completed: '결제했어요', payment_failed: '결제되지 않았어요', payment_refused: '결제되지 않았어요', refunded: '돈을 돌려드렸어요', seats_cancelled: '좌석을 취소했어요', seats_refunded: '좌석이 환불됐어요', sold: '좌석이 회원님 것이 됐어요', withdrawn: '주최자가 공연을 내렸어요',
    } as Record<string, string>,
    reasons: { left: '줄에서 나갔어요', purchase: '살 수 있는 매수를 모두 샀어요', untouched: '들어온 뒤 움직임이 없었어요', pass_expired: '입장 시간이 끝났어요', window_closed: '판매 기간이 끝났어요', line_closed: '줄이 닫혔어요', expired: '맡아 둔 시간이 끝났어요', released: '좌석을 놓았어요', swapped: '다른 좌석으로 바꿨어요', cancelled: '취소했어요', balance_insufficient: '지갑 잔액이 모자랐어요', top_up_declined: '은행이 충전을 거절했어요', show_cancelled: '공연이 취소됐어요' } as Record<string, string>,
    number: (n: string) => `${n}번`, proof: '추첨 확인하기',
    appeals: {
      title: '잘못됐나요?', lead: '기록이 사실과 다르거나 잘못 느려졌다면 알려 주세요. 저희가 적어 둔 판단의 근거가 함께 가고, 사람이 읽고 답해요.', open: '잘못됐어요', label: '무엇이 잘못됐나요', hint: '답은 이 화면에 남아요.', send: '보내기',
      waiting: '답을 기다려요', waitingBody: '사람이 읽고 있어요. 순번과 좌석은 그대로예요.', outcomes: { upheld: '맞아요, 바로잡았어요', declined: '확인했어요' } as Record<string, string>, evidence: (rule: string, n: number) => `${rule} ${n}번`,
      rules: { joins_by_account: '이 계정의 요청이 너무 빨랐음', joins_by_address: '같은 네트워크의 요청이 너무 빨랐음', pass_elsewhere: '다른 기기에서 쓰는 입장권', pass_moves_used_up: '기기를 너무 자주 옮김', code_wrong: '맞지 않는 코드' } as Record<string, string>,
    },
  },
}
export type Words = typeof ko
