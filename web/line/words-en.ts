import type { Words } from './words-ko.ts'

const count = (n: number) => n.toLocaleString('en-GB')

export const en: Words = {
  brand: 'Openrun', server: 'Server time', heard: (s) => (s < 3 ? 'Your place, as of just now' : `Your place, as of ${s} s ago`), leave: 'Leave the line', leaveSure: 'Leave the line? Joining again starts at the end.', stay: 'Stay', story: 'The story of my turn', otherLanguage: '한국어',
  loading: 'Finding your place',
  signIn: { title: 'Sign in to join the line', body: 'One person, one place: that needs an account. You come back to this page.', button: 'Sign in' },
  join: { title: 'You are not in this line yet', body: 'Joining once is enough. Closing this page does not change your place.', button: 'Join the line' },
  code: { title: 'This sale needs a code', body: 'Please enter the code you were given.', label: 'Code', button: 'Join the line' },
  notOpen: { title: 'The line is not open yet', body: (at) => `It opens ${at}, and this page changes by itself. Arriving earlier does not move you forward.`, soon: 'It opens soon, and this page changes by itself.' },
  lobby: { title: 'You are in the lobby', body: 'Places are drawn at the opening. Arriving earlier does not move you forward, and refreshing is safe.', sealed: 'The roster is closed. Places are drawn in a moment.', verified: 'E-mail verified', window: 'May buy in this sale', wallet: (left) => `${left} more in the wallet is enough for everything`, walletOk: 'Enough in the wallet', ok: 'ready', open: 'open' },
  waiting: { title: (n) => (n === 1 ? '1 person is ahead of you' : `${count(n)} people are ahead of you`), next: 'You are next', body: (odds) => `${odds} Refreshing or closing this page does not change your place.`, range: (low, high) => (high <= 1 ? 'Your turn comes within a minute.' : low === high || low < 1 ? `About ${high} minutes.` : `About ${low}–${high} minutes.`), still: 'We cannot say how long right now.' },
  odds: { 'very likely': 'A seat is very likely.', likely: 'A seat is likely.', uncertain: 'A seat is uncertain.', unlikely: 'A seat is unlikely.', 'almost none': 'A seat is very unlikely.' },
  figures: (left, ahead) => `${count(left)} seats left, ${count(ahead)} people ahead`, oddsWhy: 'How we reckon',
  hopeless: { title: 'A seat is very unlikely', body: (ahead, left) => `${count(ahead)} people ahead, ${count(left)} seats left. You can stay, or close this page and come back later. Your place counts either way.` },
  allHeld: { title: 'Every seat is in someone’s basket right now', body: 'Seats that come back go by your place.', ends: (left) => `The first time limit ends in ${left}. Seats that come back go by your place.` },
  soldOut: { title: 'Sold out', body: 'Seats that come back go by your place. You can stay or go.' },
  reasons: { 'paused: operator': 'The line is paused, and every time limit with it.', 'slowed: payment': 'Payments are slow, so we are letting in fewer people for now. Your place has not changed.', 'slowed: server': 'It is busy, so we are letting in fewer people for now. Your place has not changed.', 'slowed: seats': 'Only as many come in as there are seats. Your place has not changed.', returns: 'Only seats that come back are left. They go by your place.' },
  proof: 'Check the draw',
  woken: { title: 'You are next', body: 'We call you as soon as there is room. Keep this page open.' },
  called: { title: 'It’s your turn', body: (at) => `Come in by ${at}. If you miss it, your place still waits for you.`, button: 'Enter', bar: (left) => `▶ Come in ${left}` },
  asleep: { title: 'We kept your place while you were away', body: 'Tap and you are called next.', button: 'I’m here' },
  inside: { title: 'You are inside', body: (at) => `You can choose seats until ${at}.`, button: 'Choose seats' },
  elsewhere: { title: 'You continued on another device', body: 'Move here, and your seats and your time come along.', button: 'Move here' },
  unverified: { title: 'Verify your e-mail before you come in', body: 'Your place is kept. Open the link in the mail and you can walk right in.', button: 'Send the mail again', sent: 'The mail is sent.', enter: 'Done, let me in' },
  ended: { title: 'Your place has ended', body: 'Joining again starts at the end.', button: 'Join again', reasons: { purchase: 'You bought all you may.', pass_expired: 'The time inside ran out.', left: 'You left the line.' }, over: { window_closed: 'The sale has ended.', line_closed: 'An operator closed the line.', show_cancelled: 'The show was cancelled. Whatever you paid goes back to you.' } },
  slowLane: { body: (s, perMinute) => `${perMinute ? `Up to ${count(perMinute)} joins a minute. ` : ''}Your place does not change, and this ends by itself in ${s} s.`, button: 'This is wrong' },
  closed: { title: 'The line is closed', body: 'Please look for another date.', button: 'See the shows' },
  offline: (s) => `The connection is gone. Your place is unchanged. This is ${s} s old.`, again: 'Try again', problem: 'We cannot show this right now',
}
