// both languages group digits alike
const count = (n: number) => n.toLocaleString('en-GB')
const seats = (n: number) => (n === 1 ? '1 seat' : `${count(n)} seats`)

/** The sentences of who sets up concerts; fans never load them. */
export const ko = {
  home: '주최', forOrganisers: '주최자만 볼 수 있어요.', forOrganisersBody: '권한이 필요하면 운영자에게 알려 주세요.', create: '공연 만들기', today: '오늘 공연', noToday: '오늘 여는 회차가 없어요.', concerts: '내 공연', moreShows: (n: number) => `회차 ${n}개 더 보기`, noShows: '아직 회차가 없어요.', left: (left: number, total: number) => `${count(left)} / ${count(total)}석 남음`, seats: (n: number) => `${count(n)}석`,
  guide: {
    title: '처음이신가요?', lead: '다섯 단계면 표를 팔 수 있어요. 공연 이름은 만들면 바로 보이고, 회차와 좌석, 가격은 공개한 뒤에 보여요.',
    steps: [['공연 만들기', '이름과 장소를 적어요.'], ['회차 더하기', '날짜와 시각을 정해요.'], ['좌석 그리기', '구역과 등급을 배치해요.'], ['가격과 판매 기간', '등급마다 가격을, 누가 언제 사는지를 정해요.'], ['점검하고 공개하기', '빠진 것을 알려 드려요. 다 되면 단추 하나로 공개해요.']] as [string, string][],
  },
  states: { draft: '초안', closing: '닫는 중', cancelled: '취소됨', paused: '잠시 멈춤', soon: '판매 예정', lobby: '대기실 열림', on_sale: '판매 중', all_held: '모두 결제 중', sold_out: '매진', ended: '판매 끝', over: '공연 끝' },
  concert: {
    newTitle: '공연 만들기', words: '공연 소개', name: '공연 이름', venue: '장소', description: '소개 글', descriptionHint: '팬이 공연 화면에서 읽어요. 비워 두어도 돼요.', make: '공연 만들기', fanPage: '팬이 보는 화면', noName: '공연 이름을 적어 주세요.', noVenue: '장소를 적어 주세요.', needed: '이름과 장소만 있으면 돼요. 날짜와 좌석은 다음 화면에서 정해요.',
    shows: '회차', add: '회차 더하기', addLead: '초안으로 더해요. 가격과 좌석은 다음 화면에서 정해요.', copy: (at: string) => `${at} 회차의 좌석, 가격, 판매 기간, 조건을 그대로 가져와요`, copyHint: '코드로 파는 판매 기간은 가져오지 않아요. 코드는 다시 적어야 해요.', deleting: '이 공연을 지우는 중이에요', deletingBody: '좌석을 산 분이 있는지 확인하고 있어요. 아무도 없으면 사라져요.', stayed: '공연을 지우지 않았어요', stayedBody: '좌석을 맡거나 산 분이 있어요. 대신 회차를 취소하면 모두 환불돼요.',
    remove: '공연 지우기', removeBody: '좌석을 맡거나 산 분이 없을 때만 지워져요. 회차도 함께 사라져요.', removeSure: (title: string) => `‘${title}’ 공연을 지울까요?`, gone: '지운 공연이거나 내 공연이 아니에요.',
  },
  show: {
    title: (title: string) => `${title} 회차`, back: '공연으로', hall: '좌석 배치', sales: '판매 현황', buyers: '구매자', fanPage: '팬이 보는 화면',
    times: '날짜와 시각', starts: '시작', ends: '끝', zone: '시간대', zoneHint: '공연장이 있는 곳의 시각이에요. 아래 모든 시각도 이 시간대로 적어요.', badTime: '이 시간대에 없는 시각이에요.', endsFirst: '끝은 시작보다 뒤여야 해요.', past: '앞으로의 시각이어야 해요.',
    lockedOnSale: '공개한 회차라 바꿀 수 없어요. 좌석을 산 분이 없을 때 공개를 취소하면 바꿀 수 있어요.', lockedCancelled: '취소한 회차라 바꿀 수 없어요.', lockedClosing: '닫는 중이라 잠시 바꿀 수 없어요.',
    gone: '지운 회차이거나 내 공연이 아니에요.',
  },
  windows: {
    title: '판매 기간', lead: '누가 언제부터 언제까지 살 수 있는지 정해요. 기간끼리 겹칠 수 없어요.', none: '아직 판매 기간이 없어요.', add: '판매 기간 더하기', nth: (n: number) => `판매 기간 ${n}`, name: '이름', nameHint: '예: 팬클럽 선예매, 일반 예매', opens: '여는 시각', closes: '닫는 시각', lobby: '대기실 여는 시각', lobbyHint: '적으면 그때부터 모인 분들의 순서를 추첨해요. 비우면 온 순서예요. 여는 시각보다 1분 이상 앞이어야 해요.',
    audience: '살 수 있는 사람', everyone: '누구나', codes: '코드가 있는 사람', codeList: '코드', codeHint: '한 줄에 하나씩 적어요. 크고 작은 글자는 가리지 않아요.', kept: (n: number) => `코드 ${count(n)}개가 있어요. 새로 적으면 모두 바뀌고, 비우면 그대로예요.`, sections: '파는 구역', allSections: '모든 구역', someSections: '고른 구역만', noSections: '좌석 배치에 구역이 아직 없어요.', remove: (name: string) => `${name} 지우기`,
    noName: '이름을 적어 주세요.', twice: '같은 이름이 있어요.', noTime: '시각을 적어 주세요.', order: '닫는 시각은 여는 시각보다 뒤여야 해요.', lobbyLate: '여는 시각보다 1분 이상 앞이어야 해요.', noCode: '코드를 하나 이상 적어 주세요.', noSection: '구역을 하나 이상 골라 주세요.',
  },
  prices: {
    title: '가격', noHall: '등급은 좌석 배치에서 정해요. 좌석을 먼저 그리면 등급마다 가격을 적을 수 있어요.', toHall: '좌석 배치하기', price: (grade: string) => `${grade} 가격`, seats: (n: number) => `${count(n)}석`, notInHall: '지금 배치에 없는 등급이에요.', removeGrade: (grade: string) => `${grade} 지우기`, types: '권종', typeName: '권종 이름', typeNameHint: '예: 청소년, 경로', typePrice: '권종 가격', proof: '입장할 때 증빙을 확인해요', addType: (grade: string) => `${grade} 권종 더하기`, removeType: (name: string) => `${name || '권종'} 지우기`, badPrice: '숫자로 적어 주세요. 0원도 돼요.', noTypeName: '권종 이름을 적어 주세요.', twice: '같은 이름이 있어요.',
    total: (n: number, won: string) => `모두 팔리면 ${count(n)}석, ${won}`,
  },
  limits: { title: '구매 조건', max: '한 사람이 살 수 있는 매수', badMax: '1부터 50까지 적어 주세요.', fee: '예매 수수료 (1매)', badFee: '숫자로 적어 주세요. 0원도 돼요.', cutoff: '취소할 수 있는 때', cutoffHours: '시작 몇 시간 전까지', badCutoff: '0부터 8,784까지 적어 주세요.', cutoffHint: (at: string) => `${at}까지 취소하면 모두 돌려드려요.`, laterOnly: '취소 조건은 공개한 뒤에도 바꿀 수 있어요. 바꾼 뒤의 예매에만 쓰여요.' },
  blocked: { title: '막아 둔 좌석', none: '막아 둔 좌석이 없어요.', some: (n: number, total: number) => `${count(total)}석 가운데 ${count(n)}석을 막아 두었어요.`, inTheHall: '좌석 배치 화면에서 막을 수 있어요.', toHall: '좌석 배치 열기' },
  checklist: {
    title: '공개하기 전에', hall: (n: number, grades: number) => `좌석 ${count(n)}석, 등급 ${grades}개`, noHall: '좌석 배치가 없어요', prices: '모든 등급에 가격이 있어요', noPrices: (grades: string) => `가격이 없는 등급: ${grades}`, windows: (n: number) => `판매 기간 ${n}개`, noWindows: '판매 기간이 없어요', times: '앞으로 열리는 공연이에요', noTimes: '공연 시각이 지났어요', order: '판매가 공연보다 먼저 열려요', noOrder: (names: string) => `공연이 시작한 뒤에 열리는 판매 기간: ${names}`, saved: '바꾼 것을 모두 저장했어요', unsaved: '저장하지 않은 것이 있어요', first: '가격은 좌석을 그린 뒤에 확인해요',
    ok: '됐어요', missing: '필요해요', publish: '공개하기', left: (n: number) => `${n}가지가 더 필요해요`, sure: '이 회차를 공개할까요?', sureBody: '좌석, 가격, 수수료, 매수, 시각은 여기서 정해져요. 판매 기간과 취소 조건은 뒤에도 바꿀 수 있어요.', server: (what: string) => `더 필요한 것: ${what}`,
    parts: { plan: '좌석 배치', windows: '판매 기간' } as Record<string, string>, priceOf: (grade: string) => `${grade} 가격`, sectionOf: (section: string) => `판매 기간이 가리키는 ${section} 구역`, openingOf: (name: string) => `공연보다 먼저 여는 ${name}`,
  },
  life: {
    title: '공개와 취소', published: '공개했어요', publishedBody: '판매 기간이 되면 팬이 살 수 있어요.', unpublish: '공개 취소', unpublishBody: '좌석을 맡거나 산 분이 없을 때 초안으로 돌아가요. 그러면 좌석과 가격을 다시 바꿀 수 있어요.', unpublishSure: '공개를 취소할까요?', stayed: '공개를 취소하지 못했어요', stayedBody: '좌석을 맡거나 산 분이 있어요. 그대로 팔고 있어요.', closing: '닫는 중이에요', closingBody: '좌석을 맡거나 산 분이 있는지 확인하고 있어요.',
    cancel: '회차 취소', cancelBody: '산 분 모두에게 돌려드리고, 표는 쓸 수 없게 돼요. 되돌릴 수 없어요.', cancelSure: '이 회차를 취소할까요?', cancelFigures: (n: number) => `맡거나 산 좌석이 ${count(n)}석 있어요. 산 분 모두에게 전액을 돌려드려요. 되돌릴 수 없어요.`, cancelUnknown: '산 분 모두에게 전액을 돌려드려요. 되돌릴 수 없어요.', reason: '취소하는 까닭', reasonHint: '기록으로 남아요.', typeTitle: (title: string) => `확인을 위해 공연 이름을 그대로 적어 주세요: ${title}`, noReason: '까닭을 적어 주세요.', wrongTitle: '공연 이름이 달라요.', cancelled: '취소한 회차예요', cancelledBody: (reason: string) => `까닭: ${reason}. 산 분들의 환불이 이어져요.`,
    remove: '초안 지우기', removeBody: '아직 아무에게도 보이지 않은 회차예요. 되돌릴 수 없어요.', removeSure: '이 초안을 지울까요?', paused: '운영자가 판매를 잠시 멈췄어요', pausedBody: '모든 시계가 서 있어요. 다시 열면 멈춘 만큼 늘어나요.',
  },
  staff: { title: '도우미', lead: '공연 날 문에서 표를 확인할 사람이에요. 표 확인 화면은 아직 없어서, 지금은 이름만 올려 둬요.', none: '아직 아무도 없어요.', email: '이메일', emailHint: '가입하고 이메일을 확인한 사람만 더할 수 있어요.', add: '도우미 더하기', remove: (email: string) => `${email} 빼기`, removed: (email: string) => `${email} 님을 뺐어요.`, added: (email: string) => `${email} 님을 더했어요.`, badEmail: '이메일 주소를 확인해 주세요.' },
  edit: { save: '저장하기', drop: '되돌리기', unsaved: '저장 안 됨', saved: '저장했어요.', leave: '저장하지 않은 것이 있어요. 이 화면을 떠날까요?', conflict: '보고 계신 사이 다른 사람이 바꿨어요', conflictBody: '아직 아무것도 저장하지 않았어요. 그 사람이 바꾼 것을 보거나, 내 것으로 덮어쓸 수 있어요.', theirs: '바뀐 것 보기', mine: '내 것으로 저장', newer: '편집하는 사이 다른 사람이 바꿨어요', newerBody: '바뀐 것을 보면 여기서 고친 것은 사라져요.' },
}
export type OrganiserWords = typeof ko
export const en: OrganiserWords = {
  home: 'Organiser', forOrganisers: 'Only organisers can see this.', forOrganisersBody: 'If you need the role, ask an operator.', create: 'Create a concert', today: 'Shows today', noToday: 'No show is on today.', concerts: 'My concerts', moreShows: (n) => (n === 1 ? '1 more date' : `${n} more dates`), noShows: 'No dates yet.', left: (left, total) => `${count(left)} of ${count(total)} seats left`, seats,
  guide: {
    title: 'New here?', lead: 'Five steps and you sell tickets. The name of a concert is public at once; dates, seats and prices when you publish.',
    steps: [['Create a concert', 'Its name and venue.'], ['Add a date', 'When it begins and ends.'], ['Draw the hall', 'Sections and grades.'], ['Prices and sales windows', 'A price for each grade, and who may buy when.'], ['Check and publish', 'We tell you what is missing. Then it is one button.']],
  },
  states: { draft: 'Draft', closing: 'Closing', cancelled: 'Cancelled', paused: 'Paused', soon: 'Opens soon', lobby: 'Lobby open', on_sale: 'On sale', all_held: 'All in baskets', sold_out: 'Sold out', ended: 'Sale over', over: 'Over' },
  concert: {
    newTitle: 'Create a concert', words: 'About the concert', name: 'Title', venue: 'Venue', description: 'Description', descriptionHint: 'Fans read it on the page of the concert. It may stay empty.', make: 'Create the concert', fanPage: 'What fans see', noName: 'Please enter a title.', noVenue: 'Please enter a venue.', needed: 'Title and venue are enough. Dates and seats come on the next page.',
    shows: 'Dates', add: 'Add a date', addLead: 'It is added as a draft. Seats and prices come on the next page.', copy: (at) => `Take seats, prices, sales windows and terms from ${at}`, copyHint: 'Windows for people with a code are left out: their codes have to be entered again.', deleting: 'This concert is being deleted', deletingBody: 'We are looking whether anybody has a seat. If nobody has, it goes.', stayed: 'The concert was not deleted', stayedBody: 'Somebody holds or owns seats. Cancel its dates instead; buyers are refunded.',
    remove: 'Delete the concert', removeBody: 'Works only while nobody holds or owns a seat. Its dates go with it.', removeSure: (title) => `Delete “${title}”?`, gone: 'This concert was deleted, or it is not yours.',
  },
  show: {
    title: (title) => `A date of ${title}`, back: 'Back to the concert', hall: 'Hall', sales: 'Sales', buyers: 'Buyers', fanPage: 'What fans see',
    times: 'Date and time', starts: 'Begins', ends: 'Ends', zone: 'Time zone', zoneHint: 'Where the venue is. All times below are in this zone too.', badTime: 'There is no such time in this zone.', endsFirst: 'It must end after it begins.', past: 'It must be in the future.',
    lockedOnSale: 'This date is published, so this is fixed. While nobody holds a seat you can unpublish it and change it.', lockedCancelled: 'This date is cancelled, so nothing can be changed.', lockedClosing: 'This date is closing, so nothing can be changed right now.',
    gone: 'This date was deleted, or it is not yours.',
  },
  windows: {
    title: 'Sales windows', lead: 'Who may buy, from when to when. Windows may not overlap.', none: 'There is no sales window yet.', add: 'Add a sales window', nth: (n) => `Sales window ${n}`, name: 'Name', nameHint: 'Such as: fan club, general sale', opens: 'Opens', closes: 'Closes', lobby: 'Lobby opens', lobbyHint: 'From then on fans gather, and their order is drawn at the opening. Empty: first come, first served. At least a minute before it opens.',
    audience: 'Who may buy', everyone: 'Everyone', codes: 'People with a code', codeList: 'Codes', codeHint: 'One a line. Capital letters make no difference.', kept: (n) => `There ${n === 1 ? 'is 1 code' : `are ${count(n)} codes`}. New ones replace all of them; empty keeps them.`, sections: 'Sections for sale', allSections: 'All sections', someSections: 'Only some', noSections: 'The hall has no sections yet.', remove: (name) => `Remove ${name}`,
    noName: 'Please enter a name.', twice: 'This name is there twice.', noTime: 'Please enter a time.', order: 'It must close after it opens.', lobbyLate: 'At least a minute before it opens.', noCode: 'Please enter at least one code.', noSection: 'Please choose at least one section.',
  },
  prices: {
    title: 'Prices', noHall: 'Grades come from the hall. Draw the seats first, then each grade gets its price here.', toHall: 'Draw the hall', price: (grade) => `Price of ${grade}`, seats, notInHall: 'The hall has no such grade now.', removeGrade: (grade) => `Remove ${grade}`, types: 'Price types', typeName: 'Name of the type', typeNameHint: 'Such as: youth, senior', typePrice: 'Its price', proof: 'Proof is checked at the door', addType: (grade) => `Add a price type to ${grade}`, removeType: (name) => `Remove ${name || 'this type'}`, badPrice: 'A number, please. ₩0 is fine.', noTypeName: 'Please name the type.', twice: 'This name is there twice.',
    total: (n, won) => `If all are sold: ${seats(n)}, ${won}`,
  },
  limits: { title: 'Terms', max: 'Tickets a person may buy', badMax: 'From 1 to 50, please.', fee: 'Booking fee (a ticket)', badFee: 'A number, please. ₩0 is fine.', cutoff: 'Cancelling', cutoffHours: 'Until how many hours before it begins', badCutoff: 'From 0 to 8,784, please.', cutoffHint: (at) => `Whoever cancels by ${at} gets everything back.`, laterOnly: 'The time for cancelling can be changed after publishing too. It counts for purchases from then on.' },
  blocked: { title: 'Blocked seats', none: 'No seat is blocked.', some: (n, total) => `${count(n)} of ${seats(total)} are blocked.`, inTheHall: 'Seats are blocked in the hall.', toHall: 'Open the hall' },
  checklist: {
    title: 'Before you publish', hall: (n, grades) => `${seats(n)} in ${grades === 1 ? '1 grade' : `${grades} grades`}`, noHall: 'The hall has no seats', prices: 'Every grade has a price', noPrices: (grades) => `Without a price: ${grades}`, windows: (n) => (n === 1 ? '1 sales window' : `${n} sales windows`), noWindows: 'There is no sales window', times: 'It is in the future', noTimes: 'Its time has passed', order: 'The sale opens before the show', noOrder: (names) => `Open only after the show has begun: ${names}`, saved: 'Everything is saved', unsaved: 'Some changes are not saved', first: 'Prices are checked once there are seats',
    ok: 'Done', missing: 'Needed', publish: 'Publish', left: (n) => (n === 1 ? '1 thing is missing' : `${n} things are missing`), sure: 'Publish this date?', sureBody: 'Seats, prices, fee, tickets a person and times are fixed from here on. Sales windows and the time for cancelling can be changed later.', server: (what) => `Still needed: ${what}`,
    parts: { plan: 'the hall', windows: 'a sales window' }, priceOf: (grade) => `a price of ${grade}`, sectionOf: (section) => `section ${section}, which a window names`, openingOf: (name) => `an opening of ${name} before the show`,
  },
  life: {
    title: 'Publishing and cancelling', published: 'Published', publishedBody: 'Fans can buy during its sales windows.', unpublish: 'Unpublish', unpublishBody: 'While nobody holds or owns a seat it becomes a draft again, and seats and prices can be changed.', unpublishSure: 'Unpublish this date?', stayed: 'It was not unpublished', stayedBody: 'Somebody holds or owns seats. It sells on as before.', closing: 'It is closing', closingBody: 'We are looking whether anybody holds or owns a seat.',
    cancel: 'Cancel the show', cancelBody: 'Every buyer is refunded and the tickets become void. This cannot be undone.', cancelSure: 'Cancel this show?', cancelFigures: (n) => `${n === 1 ? '1 seat is' : `${count(n)} seats are`} held or sold. Every buyer gets everything back. This cannot be undone.`, cancelUnknown: 'Every buyer gets everything back. This cannot be undone.', reason: 'Reason', reasonHint: 'It is kept on record.', typeTitle: (title) => `To confirm, type the title: ${title}`, noReason: 'Please give a reason.', wrongTitle: 'This is not the title.', cancelled: 'This show is cancelled', cancelledBody: (reason) => `Reason: ${reason}. Buyers are being refunded.`,
    remove: 'Delete the draft', removeBody: 'Nobody has seen this date yet. This cannot be undone.', removeSure: 'Delete this draft?', paused: 'An operator has paused the sale', pausedBody: 'Every clock stands still. When it resumes, all get as much longer.',
  },
  staff: { title: 'Staff', lead: 'Who checks tickets at the door. There is no page for checking yet, so for now they are only named.', none: 'Nobody yet.', email: 'E-mail', emailHint: 'Only people who signed up and verified the address can be named.', add: 'Add to the staff', remove: (email) => `Remove ${email}`, removed: (email) => `${email} is off the staff.`, added: (email) => `${email} is on the staff.`, badEmail: 'Please check the e-mail address.' },
  edit: { save: 'Save', drop: 'Undo', unsaved: 'Not saved', saved: 'Saved.', leave: 'Some changes are not saved. Leave this page?', conflict: 'Somebody changed this since you looked', conflictBody: 'Nothing of yours was saved. Look at what is there now, or save yours over it.', theirs: 'Show what changed', mine: 'Save mine', newer: 'Somebody changed this while you were editing', newerBody: 'If you look at it, what you edited here is dropped.' },
}
