// both languages group digits alike
const count = (n: number) => n.toLocaleString('en-GB')
const seats = (n: number) => (n === 1 ? '1 seat' : `${count(n)} seats`)

/** The sentences of who sells a show; fans never load them. */
export const ko = {
  title: '판매', of: (show: string) => `${show} 판매`, forOrganisers: '주최자만 볼 수 있어요.', find: '구매자 찾기', toSales: '판매 보기', toShow: '회차 설정', export: 'CSV 받기', exporting: 'CSV를 만드는 중',
  fresh: (seconds: number) => (seconds < 3 ? '방금 기준' : `${count(seconds)}초 전 기준`), stale: (seconds: number) => `${count(seconds)}초 전 모습이에요. 다시 잇는 중이에요.`,
  sale: {
    draft: '아직 공개하지 않았어요', before: (left: string) => `판매 시작 ${left} 전`, opensAt: (at: string) => `판매 시작 ${at}`, open: (until: string) => `판매 중, ${until}까지`, between: (at: string) => `다음 판매는 ${at}`, over: '판매가 끝났어요', cancelled: '취소한 회차예요', paused: '판매를 멈췄어요',
    sold: (n: number, all: number, percent: number) => `${count(all)}석 중 ${count(n)}석 판매(${percent}%)`, soldOut: '매진', lately: (n: number) => `지난 1분 ${count(n)}석`, worth: (sum: string) => `모두 팔리면 ${sum}`, back: (sum: string) => `환불 ${sum}`,
  },
  tiles: {
    sold: '판매', held: '결제 전', reserved: (n: number) => `예매 중 ${count(n)}석 포함`, available: '남음', blocked: '판매 안 함', returned: (n: number) => `대기자에게 안내 중 ${count(n)}석`, gross: '티켓 금액', fees: '예매수수료', refunds: '환불', net: '남은 금액', onWay: (sum: string) => `${sum}은 돌려주는 중`, ledger: '장부와 같아요', buyers: '구매자', each: (n: string) => `예매 한 번에 ${n}석`, sellable: (n: number) => `팔 수 있는 ${count(n)}석 중`,
  },
  over: {
    title: '언제 팔렸나', minutes: '첫 3시간', hours: '첫 3일', days: '전체', none: '이 기간에는 아직 판매가 없어요.', table: '표로 보기', time: '시각', day: '날짜', seats: '판매', won: '금액', refunded: '환불', most: (n: number) => `가장 많을 때 ${count(n)}석`, per: { minutes: '1분마다', hours: '1시간마다', days: '하루마다' },
    label: (sold: number, refunded: number, from: string, to: string) => `${from}부터 ${to}까지 판매 ${count(sold)}석, 환불 ${count(refunded)}석`, bars: '막대 위쪽은 판매, 아래쪽은 환불', zone: (name: string) => `${name} 시각`,
  },
  grades: {
    title: '등급별', grade: '등급', price: '가격', capacity: '좌석', sold: '판매', available: '남음', held: '결제 전', blocked: '판매 안 함', refunded: '환불', gross: '티켓 금액', standard: '일반', noPrice: '지금은 없는 권종', share: (n: number, all: number) => `${count(n)} / ${count(all)}`, table: '등급과 권종 표',
    label: (grade: string, sold: number, held: number, available: number, blocked: number) => `${grade}: 판매 ${count(sold)}, 결제 전 ${count(held)}, 남음 ${count(available)}, 판매 안 함 ${count(blocked)}`, legend: '채움은 판매, 줄무늬는 결제 전, 어두운 곳은 남음, 점은 판매 안 함',
  },
  hall: { title: '지금 객석', label: (sold: number, held: number, available: number) => `객석 그림: 판매 ${count(sold)}, 결제 전 ${count(held)}, 남음 ${count(available)}` },
  refunds: { title: '환불', none: '돌아온 좌석이 없어요.', kinds: { buyer: '구매자가 취소', organiser: '주최자가 환불', show_cancelled: '회차 취소' }, other: '그 밖의 사유', done: '돌려줬어요', onWay: '돌려주는 중', seats: (n: number) => `${count(n)}석`, reasons: '왜 돌아왔나', list: '최근 환불', open: (number: string) => `예매 ${number}` },
  blocked: { title: '판매 안 하는 좌석', hall: '좌석 배치에서 바꾸기', none: '모든 좌석을 팔고 있어요.', seats: (n: number) => `${count(n)}석`, more: (n: number) => `그 밖에 ${count(n)}석` },
  buyers: {
    title: '구매자 찾기', of: (show: string) => `${show} 구매자`, lead: '이메일 전체나 예매번호로 찾아요. 본인만 말할 수 있는 것으로만 찾을 수 있고, 찾은 기록은 남아요.', query: '이메일 또는 예매번호', search: '찾기', none: '이 회차에서 그런 구매자를 찾지 못했어요', noneBody: '이메일 전체인지, 예매번호 8자리가 맞는지 확인해 주세요.', short: '세 글자 이상 적어 주세요.', found: (n: number) => `${count(n)}명 찾았어요`, masked: '이름과 이메일은 가려 보여요.', recordName: (name: string) => `공개 기록의 이름 ${name}`,
  },
  buyer: {
    reservations: '예매', noReservations: '이 회차의 예매가 없어요.', payments: '결제', noPayments: '이 회차의 결제가 없어요.', story: '있었던 일', storyLead: '팬도 같은 기록을 봐요. 문장은 팬이 보는 그대로예요.', noStory: '기록이 없어요.', refunded: (sum: string) => `환불 ${sum}`, topUp: (sum: string) => `충전 ${sum}`, payment: { pending: '결제 중', completed: '결제됨', failed: '결제되지 않음' } as Record<string, string>,
    total: (sum: string) => `지금 좌석 ${sum}`, until: (at: string) => `${at}까지 맡아 둠`,
  },
  refund: {
    lead: '환불할 좌석을 골라 주세요.', seat: (seat: string) => `환불할 좌석: ${seat}`, reason: '환불 사유', reasonHint: '팬과 기록에 그대로 남아요. 200자까지.', noReason: '환불 사유를 적어 주세요.', none: '좌석을 골라 주세요', act: (n: number, sum: string) => `${count(n)}석 환불, ${sum}`, sure: (n: number) => `${count(n)}석을 환불할까요?`, body: (sum: string) => `${sum}을 예매수수료까지 구매자의 지갑으로 돌려줘요. 좌석은 곧 다시 팔려요. 되돌릴 수 없어요.`, why: (reason: string) => `사유: ${reason}`, yes: '환불하기', keep: '그대로 두기', done: (sum: string) => `${sum} 환불했어요`, doneBody: '좌석은 곧 다시 팔려요.', seen: '팬에게는 이렇게 보여요',
  },
  notes: { title: '메모', lead: '고치거나 지울 수 없고, 계정을 지우면 함께 지워져요. 구매자가 자기 데이터를 받으면 내용이 함께 나가요.', none: '메모가 없어요.', text: '새 메모', left: (n: number) => `${count(n)}자 남음`, add: '메모 남기기', added: '메모를 남겼어요.', leave: '쓰던 글이 있어요. 지우고 떠날까요?' },
  appeals: { title: '이의 신청', none: '이의 신청이 없어요.', waiting: '운영자가 아직 답하지 않았어요.', upheld: '받아들였어요', declined: '받아들이지 않았어요', answer: '답', outcome: '결정', uphold: '받아들이기', decline: '받아들이지 않기', send: '답 보내기', once: '답은 한 번만 보낼 수 있고 팬에게 보여요.' },
}
export type SalesWords = typeof ko

export const en: SalesWords = {
  title: 'Sales', of: (show) => `Sales of ${show}`, forOrganisers: 'Only organisers can see this.', find: 'Find a buyer', toSales: 'See the sales', toShow: 'Settings of the show', export: 'Get CSV', exporting: 'Making the CSV',
  fresh: (seconds) => (seconds < 3 ? 'as of now' : `as of ${count(seconds)} s ago`), stale: (seconds) => `This is ${count(seconds)} s old. We are reconnecting.`,
  sale: {
    draft: 'Not published yet', before: (left) => `Opens in ${left}`, opensAt: (at) => `Opens ${at}`, open: (until) => `On sale until ${until}`, between: (at) => `Next sale ${at}`, over: 'The sale is over', cancelled: 'This show is cancelled', paused: 'The sale is paused',
    sold: (n, all, percent) => `${count(n)} of ${seats(all)} sold (${percent}%)`, soldOut: 'Sold out', lately: (n) => `${seats(n)} in the last minute`, worth: (sum) => `${sum} if sold out`, back: (sum) => `${sum} refunded`,
  },
  tiles: {
    sold: 'Sold', held: 'Not paid yet', reserved: (n) => `with ${count(n)} reserved`, available: 'Left', blocked: 'Not on sale', returned: (n) => `${count(n)} being offered to who waits`, gross: 'Tickets', fees: 'Booking fees', refunds: 'Refunds', net: 'Kept', onWay: (sum) => `${sum} on its way back`, ledger: 'as in the ledger', buyers: 'Buyers', each: (n) => `${n} seats a reservation`, sellable: (n) => `of ${count(n)} on sale`,
  },
  over: {
    title: 'When it sold', minutes: 'First 3 hours', hours: 'First 3 days', days: 'All', none: 'Nothing was sold in this time yet.', table: 'Show as a table', time: 'Time', day: 'Day', seats: 'Sold', won: 'Amount', refunded: 'Refunded', most: (n) => `most at once ${count(n)}`, per: { minutes: 'each minute', hours: 'each hour', days: 'each day' },
    label: (sold, refunded, from, to) => `${count(sold)} sold and ${count(refunded)} refunded from ${from} to ${to}`, bars: 'Bars up are sold, bars down refunded', zone: (name) => `times in ${name}`,
  },
  grades: {
    title: 'By grade', grade: 'Grade', price: 'Price', capacity: 'Seats', sold: 'Sold', available: 'Left', held: 'Not paid yet', blocked: 'Not on sale', refunded: 'Refunded', gross: 'Tickets', standard: 'Standard', noPrice: 'no longer offered', share: (n, all) => `${count(n)} / ${count(all)}`, table: 'Grades and ticket types',
    label: (grade, sold, held, available, blocked) => `${grade}: ${count(sold)} sold, ${count(held)} not paid yet, ${count(available)} left, ${count(blocked)} not on sale`, legend: 'Filled is sold, striped not paid yet, dark is left, dotted not on sale',
  },
  hall: { title: 'The hall now', label: (sold, held, available) => `Picture of the hall: ${count(sold)} sold, ${count(held)} not paid yet, ${count(available)} left` },
  refunds: { title: 'Refunds', none: 'No seat has come back.', kinds: { buyer: 'Cancelled by the buyer', organiser: 'Refunded by the organiser', show_cancelled: 'Show cancelled' }, other: 'other reasons', done: 'Money is back', onWay: 'On its way', seats, reasons: 'Why they came back', list: 'Latest refunds', open: (number) => `Reservation ${number}` },
  blocked: { title: 'Seats not on sale', hall: 'Change them in the hall', none: 'Every seat is on sale.', seats, more: (n) => `and ${count(n)} more` },
  buyers: {
    title: 'Find a buyer', of: (show) => `Buyers of ${show}`, lead: 'By the whole e-mail address or the reservation number: only what the buyer can say finds a buyer, and each search is recorded.', query: 'E-mail or reservation number', search: 'Find', none: 'Nobody like that bought this show', noneBody: 'Check that it is the whole address, or all 8 characters of the number.', short: 'Three characters or more, please.', found: (n) => (n === 1 ? '1 buyer found' : `${count(n)} buyers found`), masked: 'Name and e-mail are masked.', recordName: (name) => `${name} in the public record`,
  },
  buyer: {
    reservations: 'Reservations', noReservations: 'No reservation of this show.', payments: 'Payments', noPayments: 'No payment for this show.', story: 'What happened', storyLead: 'The fan reads the same record, in these very words.', noStory: 'Nothing is recorded.', refunded: (sum) => `${sum} refunded`, topUp: (sum) => `${sum} added`, payment: { pending: 'Paying', completed: 'Paid', failed: 'Not paid' },
    total: (sum) => `${sum} for the present seats`, until: (at) => `kept until ${at}`,
  },
  refund: {
    lead: 'Choose the seats to refund.', seat: (seat) => `Refund ${seat}`, reason: 'Reason', reasonHint: 'The fan and the record keep these words. Up to 200 characters.', noReason: 'Please give a reason.', none: 'Choose seats', act: (n, sum) => `Refund ${seats(n)} · ${sum}`, sure: (n) => `Refund ${seats(n)}?`, body: (sum) => `${sum}, booking fee included, goes back to the buyer’s wallet. The seats go on sale again shortly. This cannot be undone.`, why: (reason) => `Reason: ${reason}`, yes: 'Refund', keep: 'Keep them', done: (sum) => `${sum} refunded`, doneBody: 'The seats go on sale again shortly.', seen: 'The fan sees this',
  },
  notes: { title: 'Notes', lead: 'They cannot be changed or deleted, and go with the account. A buyer who downloads their own data gets their text.', none: 'No notes.', text: 'New note', left: (n) => `${count(n)} characters left`, add: 'Add the note', added: 'The note is there.', leave: 'What you are writing is not sent yet. Leave it behind?' },
  appeals: { title: 'Appeals', none: 'No appeals.', waiting: 'An operator has not answered yet.', upheld: 'Upheld', declined: 'Declined', answer: 'Answer', outcome: 'Decision', uphold: 'Uphold', decline: 'Decline', send: 'Send the answer', once: 'An answer is sent once, and the fan sees it.' },
}
