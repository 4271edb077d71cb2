import type { HallEditorWords } from './words.ts'

const seats = (n: number) => `${n.toLocaleString('ko-KR')}석`

export const ko: HallEditorWords = {
  title: '좌석 배치', of: (title) => `${title} 좌석 배치`, back: '회차 설정으로', forOrganisers: '주최자만 좌석을 배치할 수 있어요', notYours: '주최자 계정으로 로그인해 주세요.',
  map: '관객에게 보이는 객석', mapHelp: '화살표는 고른 구역을 옮겨요. Shift를 함께 누르면 다섯 칸씩, Delete는 삭제, +와 −는 확대·축소예요.', seatHelp: '화살표로 움직이고 Enter로 좌석을 골라요. +와 −는 확대·축소예요.', modes: { label: '누르면 고를 것', sections: '구역', seats: '좌석' },
  state: {
    saved: '모두 저장됐어요', unsaved: '아직 저장하지 않았어요', saving: '저장하고 있어요', done: '좌석 배치를 저장했어요', offline: '연결이 끊겼어요', offlineBody: '계속 고쳐도 돼요. 바꾼 내용은 이 탭에 남고, 연결되면 저장할 수 있어요.', kept: '저번에 바꾸던 내용이에요', keptBody: '저장하지 않은 내용을 이 탭에 보관해 두었어요.',
    discard: '바꾼 내용 버리기', discardSure: '바꾼 내용을 버릴까요?', discardBody: '저장된 좌석 배치로 돌아가요.', moved: (version) => `다른 곳에서 이 배치를 먼저 바꿨어요(버전 ${version})`, movedBody: '바꾼 내용은 그대로 있어요. 둘 중 어느 쪽으로 이어 갈지 골라 주세요.', theirs: '저쪽 배치 보기', mine: '내 배치 저장',
  },
  live: { title: '공개한 회차라서 배치가 고정됐어요', body: '배치와 등급, 가격은 관객이 보는 그대로예요. 좌석을 판매에서 빼는 것은 지금도 할 수 있어요. 배치를 바꾸려면 아무도 좌석을 맡지 않았을 때 공개를 취소해 주세요.', cancelled: '취소된 회차예요', cancelledBody: '산 분들을 위해 배치를 남겨 두고, 바꿀 수는 없어요.', closing: '공개를 되돌리는 중이에요', closingBody: '잠시 뒤 다시 확인해 주세요. 준비 상태로 돌아가거나, 산 분이 있으면 계속 판매해요.' },
  empty: {
    title: '어떤 객석에서 시작할까요', body: '고른 뒤에 모두 바꿀 수 있어요.', names: { theatre: '소극장', arena: '스탠딩이 있는 아레나', rows: '줄로 된 홀' }, about: { theatre: '1층과 양옆, 2층까지 580석', arena: '스탠딩 두 곳과 둘러싼 열 구역, 2,480석', rows: '한 구역 15열, 300석' }, blank: '구역 하나로 시작하기',
    parts: { stalls: '1층', left: '1층 왼쪽', right: '1층 오른쪽', balcony: '2층', floor: '스탠딩', hall: '객석' },
  },
  sections: { title: '구역', none: '아직 구역이 없어요.', seated: '좌석 구역 추가', standing: '스탠딩 추가', seats, choose: (name) => `${name} 구역 고르기`, added: (name) => `${name} 구역을 추가했어요`, removed: (name) => `${name} 구역을 삭제했어요`, moved: (name, x, y) => `${name}: 가로 ${x}, 무대에서 ${y}`, chosen: (name) => `${name} 구역을 골랐어요` },
  acts: { title: '구역', duplicate: '옆에 복제', across: '맞은편에 복제', remove: '삭제', earlier: '앞 순서로', later: '뒤 순서로', undo: '되돌리기', redo: '다시 하기', save: '배치 저장', undone: '되돌렸어요', redone: '다시 했어요' },
  fields: {
    none: '목록이나 그림에서 구역을 고르면 여기서 바꿀 수 있어요.', name: '이름', grade: '등급', mixed: '여러 등급', rows: '열 수', rowSeats: '한 열의 좌석 수', mixedSeats: '열마다 달라요. 숫자를 쓰면 모두 같아져요.', firstRow: '첫 열 이름', firstRowHint: '1, A, 가처럼 쓰면 나머지가 이어져요.', capacity: '입장 인원', width: '너비', depth: '깊이', from: '1번 좌석은', fromLeft: '왼쪽부터', fromRight: '오른쪽부터',
    place: '놓인 모양', x: '가로 위치', xHint: '0이 무대 가운데이고, 1은 좌석 하나의 너비예요.', y: '무대에서 거리', angle: '돌리기(°)', curve: '무대 쪽으로 휘기(°)', curveHint: '양 끝 사이의 각도예요. 0보다 작으면 반대로 휘어요.', seatPitch: '좌석 간격', rowPitch: '열 간격', byItself: '무엇이든 옮기기 전에는 저절로 놓여요.',
    someRows: '일부 열만', firstOf: '첫 열', lastOf: '마지막 열', rowName: '열 이름', between: (min, max) => `${min}부터 ${max} 사이로 써 주세요.`, whole: (min, max) => `${min}부터 ${max} 사이의 정수로 써 주세요.`,
  },
  grades: { title: '등급과 가격', name: '등급', price: '가격(원)', noPrice: '아직 가격이 없어요', priceProblem: '0원 이상, 정수로 써 주세요.', taken: '같은 이름의 등급이 있어요.', add: '등급 추가', newName: '새 등급 이름', remove: (name) => `${name} 등급 삭제`, total: '모두', capacity: seats, income: (won) => `매진되면 ${won}`, types: (n) => `권종 ${n}가지 따로`, used: '이 등급의 좌석이 있어요.' },
  seats: {
    title: '좌석 하나하나', text: '고른 좌석', textHint: '구역/열-번호로 써요. 예: A/3-12..20. 고른 구역 안에서는 3-12..20만 써도 돼요. 그림에서 골라도 돼요.', unknown: (parts) => `없는 좌석이에요: ${parts}`, chosen: (n) => `${seats(n)}을 골랐어요`, none: '고른 좌석이 없어요.', clear: '모두 해제', marks: { accessible: '휠체어석', companion: '동반석', restrictedView: '시야 제한', aisle: '통로' },
    marked: '좌석 표시', block: '판매에서 빼기', unblock: '다시 판매하기', reason: '판매하지 않는 이유', reasonNeeded: '이유를 써 주세요.', reasonHint: '함께 일하는 분만 보고 관객에게는 보이지 않아요. 공개 전에는 한 열에 이유가 하나예요.', blocked: (n) => `${seats(n)}은 판매하지 않아요`, noneBlocked: '모든 좌석을 판매해요.', blockedTitle: '판매하지 않는 좌석', done: (n) => `${seats(n)}을 판매에서 뺐어요`, opened: (n) => `${seats(n)}을 다시 판매해요`, changed: (n) => `${seats(n)}을 바꿨어요`, tooMany: (max) => `한 번에 ${max}석까지 할 수 있어요.`, pick: '그림에서 좌석 고르기',
  },
  files: {
    title: '파일', json: 'JSON 내려받기', csv: 'CSV 내려받기', open: '파일 열기', drop: 'JSON이나 CSV 파일을 이 화면에 끌어다 놓아도 돼요. CSV에는 위치가 없어서 이름이 같은 구역이 제자리를 지켜요.', opened: (name) => `${name} 파일을 열었어요`, openedBody: '아직 저장하지 않았어요. 되돌리면 앞의 배치로 돌아가요.', bad: (name) => `${name} 파일을 읽지 못했어요`, line: (line, what) => `${line}번째 줄: ${what}`, place: (place, what) => `${place}: ${what}`, large: '8MB보다 큰 파일이에요.',
    wrong: {
      json: (detail) => `JSON이 아니에요(${detail})`,
      object: '객체여야 해요',
      list: '목록이어야 해요',
      missing: '빠져 있어요',
      unknown: '배치에 없는 항목이에요',
      choice: 'seated나 standing이어야 해요',
      twice: '같은 좌석이 두 번 있어요',
      switch: 'true나 false여야 해요',
      text: (max) => `1~${max}자의 글이어야 해요`,
      list_length: (max) => `1~${max}개여야 해요`,
      number: (min, max) => `${min}~${max} 사이의 수여야 해요`,
      whole: (min, max) => `${min}~${max} 사이의 정수여야 해요`,
    },
  },
  findings: { title: '살펴볼 것', fine: '잘못된 곳이 없어요', stops: '저장하기 전에 고쳐야 해요', contradiction: {
      section_twice: (name) => `${name} 구역이 둘이에요`,
      section_name: '구역 이름이 비었거나 앞뒤에 빈칸이 있어요',
      no_capacity: '입장 인원이 빠졌어요',
      no_rows: '열이 없는 구역이 있어요',
      rows_of_standing: '스탠딩에는 열이 없어요',
      capacity_of_seated: '좌석 구역의 인원은 열이 정해요',
      curve_too_tight: '너무 휘어서 열이 들어가지 않아요',
      row_twice: (name) => `${name}열이 둘이에요`,
      row_name: '열 이름이 비었거나 앞뒤에 빈칸이 있어요',
      mark_beyond: (name, seat) => `${name}열에는 ${seat}번이 없어요`,
      no_reason: (name) => `${name}열: 판매하지 않는 이유를 써 주세요`,
      reason_of_nothing: (name) => `${name}열: 이유는 있는데 좌석이 없어요`,
      too_many_seats: (max) => `좌석은 ${max.toLocaleString('ko-KR')}석까지예요`,
      too_many_grades: (max) => `등급은 ${max}개까지예요`,
    }, overlap: (name, other) => `${name}, ${other} 구역이 서로 겹쳐요`, unpriced: (grade) => `${grade} 등급에 아직 가격이 없어요`, noSections: '구역이 하나는 있어야 해요', tooManySections: (max) => `구역은 ${max}개까지예요`, show: '보기' },
}
