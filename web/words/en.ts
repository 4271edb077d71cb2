import type { Words } from './ko.ts'

const seats = (n: number) => (n === 1 ? '1 seat' : `${n} seats`)
/** Plain, numbers before adjectives, no blame. */
export const en: Words = {
  common: {
    skip: 'Skip to content', home: 'Shows', reservations: 'My reservations', wallet: 'Wallet', account: 'Account', organiser: 'Organiser', signIn: 'Sign in', signOut: 'Sign out', menu: 'Menu',
    otherLanguage: '한국어', back: 'Back', close: 'Close', cancel: 'Not now', again: 'Try again', loading: 'Loading', more: 'Show more', copy: 'Copy', copied: 'Copied',
    seats, people: (n) => `${n} people`, oldData: (seconds) => `This is ${seconds} s old`,
  },
  problem: {
    title: 'We cannot show this right now', offline: 'The connection is gone', offlineBody: 'We try again as soon as it is back. Your place, your seats and what you paid are unchanged.',
    safe: 'Your seats and money are safe: see My reservations.', request: 'Request number', notFound: 'There is no such page', notFoundBody: 'Check the address, or look through the shows.', toHome: 'See the shows',
  },
  home: {
    title: 'Shows', lead: 'However many come at once, your place stays yours and a seat is sold once.', search: 'Find by title', searchButton: 'Find', empty: 'No shows yet. Organisers: create the first.',
    none: (text) => `Nothing is called “${text}”.`, tooShort: 'Two characters or more, please.', noDate: 'Date to come', from: (day) => `From ${day}`, found: (n) => (n === 1 ? '1 show' : `${n} shows`), onSale: 'On sale', soldOut: 'Sold out', nextIn: (time) => `Next sale in ${time}`, nextAt: (at) => `Next sale ${at}`,
  },
  concert: {
    shows: 'Dates', noShows: 'There are no dates yet.', cancelledTag: 'Cancelled', closedBody: 'The sale has ended. Please look for another date.', cancelled: 'This show is cancelled. Everything paid is returned.', join: 'Join the line', lobby: 'Lobby open', enterLobby: 'Enter the lobby', opensIn: (time) => `Opens in ${time}`, opensAt: (at) => `Opens ${at}`,
    notify: 'Put the opening in my calendar', open: 'On sale', allHeld: 'All in baskets', soldOut: 'Sold out', closed: 'Not on sale', soon: 'Opens soon', left: (n) => `${n} left`,
    allHeldBody: (time) => `Every seat is in someone’s basket right now. The first time limit ends in ${time}. Seats that come back go by your place.`, allHeldSoon: 'Every seat is in someone’s basket right now. Seats that come back go by your place.',
    soldOutBody: 'Sold out. Seats that come back show here at once.', codes: 'With a code', fee: (won) => `Booking fee ${won} a ticket`, limit: (n) => `Up to ${n} a person`, venueTime: 'Venue time', yours: (at) => `${at} where you are`,
    freeUntil: (day) => `Cancel by ${day} and everything is returned`, warRoom: 'War room', proof: 'proof at the door', countdown: 'Until it opens', ready: 'This page changes by itself at the opening; no need to refresh. Arriving earlier does not move you forward.',
  },
  sign: {
    inTitle: 'Sign in', upTitle: 'Sign up', email: 'E-mail', password: 'Password', newPassword: 'New password', name: 'Name', nameHint: 'As on your ID, so that the door is quick.', passwordHint: '8 characters or more',
    in: 'Sign in', up: 'Sign up', toUp: 'New here? Sign up', toIn: 'Have an account? Sign in', forgot: 'I forgot my password', back: 'You return to where you were. If you are in a line, your place is unchanged.',
    badEmail: 'Please check the e-mail address.', badPassword: '8 characters or more, please.', badName: 'Please enter a name.', wait: (time) => `You can try again in ${time}.`,
    forgotTitle: 'Reset the password', forgotLead: 'We send a link to your e-mail. It works for 15 minutes.', send: 'Send the link', sentTitle: 'Look into your mail', sentBody: 'If the address has an account, the link is on its way. After a few minutes, look into the spam folder too.',
    resetTitle: 'New password', reset: 'Change the password', resetDone: 'The password is changed', resetDoneBody: 'Every other device is signed out. Sign in with the new password.',
    verifyTitle: 'Verify the e-mail', verifying: 'Checking', verified: 'Your e-mail is verified', verifiedBody: 'When your turn comes you can walk right in.', newLink: 'Get a new link', needed: 'Please sign in', neededBody: 'One person, one place: that needs an account. You come back to this page.',
  },
  account: {
    title: 'Account', verified: 'E-mail verified', unverified: 'E-mail not verified', unverifiedBody: 'You can join a line, but to come in the e-mail has to be verified.', resend: 'Send the mail again', resent: 'The mail is sent.', language: 'Language',
    passwordTitle: 'Change the password', oldPassword: 'Present password', change: 'Change', changed: 'Changed. Other devices are signed out.', data: 'My data', export: 'Download', exportBody: 'Everything kept about you, as a JSON file.',
    erase: 'Delete the account', eraseBody: 'Name and e-mail are erased. Records of payments stay without a name for as long as the law asks. Money in the wallet goes back to where it came from.', eraseSure: 'Delete the account?', eraseYes: 'Delete', eraseOpen: (n) => `You still have ${n} ${n === 1 ? 'reservation' : 'reservations'}`, eraseOpenBody: 'Without the account you cannot see them any more. If you do not go, cancel them first and get your money back.', erased: 'The account is deleted',
  },
  wallet: {
    title: 'Wallet', balance: 'Balance', add: 'Add money', amount: 'Amount', withdraw: 'Withdraw', entries: 'Movements', none: 'Nothing has moved yet.', waiting: 'Waiting for the bank', waitingBody: (won) => `We are checking your ${won}. No need to press again.`,
    added: (won) => `${won} added.`, sent: (won) => `${won} is on its way.`, onItsWay: (won) => `The bank is checking the withdrawal of ${won}.`, after: (won) => `Balance ${won}`, badAmount: 'From ₩1 to ₩10,000,000, please.',
    kinds: { payment: 'Payment', refund: 'Refund', top_up: 'Added', withdrawal: 'Withdrawn', withdrawal_returned: 'Withdrawal returned', credit: 'Credit' },
  },
  hall: {
    title: 'Choose seats', stage: 'Stage', list: 'Choose from a list', map: 'Show the map', filter: 'Grade', best: 'Find seats for me', bestLead: 'Takes good seats side by side in one go.', quantity: 'How many', any: 'Any grade', together: 'Together', find: (n) => `Take ${seats(n)}`,
    take: (n, won) => `Take ${n === 1 ? 'this seat' : `these ${n} seats`} · ${won}`, takeNone: 'Choose seats', chosen: 'Chosen', none: 'Nothing chosen yet.', remove: (seat) => `Remove ${seat}`, full: (n) => `Up to ${seats(n)} at a time`, fullBody: 'Remove one to choose another.',
    seat: (section, row, number) => `${section}, row ${row}, seat ${number}`, entry: (section, number) => `${section} ${number}`, sectionOf: (name) => (/^[A-Za-z0-9]{1,3}$/.test(name) ? `Section ${name}` : name), rowOf: (row) => `Row ${row}`,
    states: ['Available', 'In a basket', 'Sold', 'Not on sale'], mine: 'Yours', chosenState: 'Chosen', justTaken: 'Just taken', zoomIn: 'Zoom in', zoomOut: 'Zoom out', whole: 'Whole hall', left: (n) => `${n} left`, legend: 'Signs',
    lost: (seat) => `${seat} was taken before you`, lostBody: (seat, others) => `${others ? 'Your other seats are still selected. ' : ''}${seat} is free.`, lostBodyMany: (n, seat) => `${seats(n)} like them found: ${seat}.`, lostNone: 'Please choose another.', takeInstead: (seat) => `Take ${seat}`, look: 'Look around',
    stale: (seconds) => `The map is ${seconds} s old. We are reconnecting.`, allHeld: 'Every seat is in someone’s basket right now', allHeldUntil: (time) => `The first time limit ends in ${time}. What comes back shows on the map at once.`, soldOut: 'Sold out', soldOutBody: 'What comes back shows on the map at once.', passNeeded: 'Join the line and come in on your turn', passBody: 'What you chose is kept.', toLine: 'To the line', elsewhere: 'You continued on another device', moveHere: 'Move here',
    yours: (n) => `You already hold ${seats(n)}`, yoursBody: 'If you swap, the present seats are let go only when the new ones are yours. Your time stays the same.', toCheckout: 'Go and pay', swap: (n, won) => `Swap to ${seats(n)} · ${won}`,
    keys: 'Arrows move, Enter chooses, + and − zoom.', mapLabel: 'Seat map', standing: 'Standing', standingLead: 'You get the lowest entry numbers there are.', accessible: 'Wheelchair', companion: 'Companion', restrictedView: 'Restricted view', aisle: 'Aisle', pick: 'Choose', unpick: 'Remove', rows: 'Row', section: 'Section', empty: 'No such seat is free right now.', fellBack: 'We took the nearest seats',
    ago: 'just now', nearby: 'Nearest free seats', atLeast: (n) => (n === 1 ? 'Does not matter' : seats(n)), allSections: 'All sections', picked: (seat) => `${seat} chosen`, unpicked: (seat) => `${seat} removed`,
  },
  checkout: {
    title: 'Checkout', who: 'For', lines: 'Seats', price: 'Tickets', fee: 'Booking fee', total: 'Total', pay: (won) => `Pay ${won}`, addPay: (won) => `Add ${won} and pay`, wallet: 'Wallet', missing: (won) => `${won} is missing. It is added in the same step.`, after: (won) => `${won} is left afterwards.`,
    until: 'Kept for you', extend: '2 more minutes', extended: 'Kept for 2 more minutes.', ending: (s) => `We hold your seats for ${s} more seconds`, endingBody: (n) => `Need longer? Just press. You can do this ${n} more times.`, expired: 'Time ran out and the seats were let go. You paid nothing', expiredBody: 'If they are still free you can take them again at once.', again: 'Take them again', toMap: 'To the map',
    change: 'Swap seats', giveUp: 'Let the seats go', giveUpSure: 'Let the seats go?', giveUpBody: 'You paid nothing. Others can buy them at once.', giveUpYes: 'Let go', policy: 'Cancelling', policyFree: (day) => `until ${day}: everything back`, policyAfter: 'after that it cannot be cancelled', type: 'Ticket', normal: 'Standard',
    paying: 'Paying', payingBody: 'Your seats stay yours until it is done. There is nothing to do.', unknown: 'We are checking with the bank', unknownBody: 'Please do not pay again. Your seats stay yours until we know, and you can only be charged once. You may close this page; the result is in My reservations.', see: 'See in My reservations', refused: 'The payment did not happen. No money moved', refusedBody: 'Your seats are still kept for you.', until2: (at) => `An answer comes by ${at} at the latest.`,
  },
  done: { title: 'It is yours', body: 'Nobody can take these seats now.', passedOn: 'Your turn went to the next fan. To buy more, join the line again.', number: 'Reservation number', see: 'See my reservation', more: 'See other shows', calendar: 'Add to calendar' },
  reservation: {
    title: 'My reservations', none: 'No reservations yet.', detail: 'Reservation', number: (n) => `Reservation ${n}`, statuses: { pending: 'Not paid yet', paying: 'Paying', confirmed: 'Confirmed', cancelled: 'Cancelled', expired: 'Time ran out' },
    pay: 'Go on and pay', cancelTitle: 'Cancel', cancelLead: 'Choose the seats to cancel.', cancel: (n, won) => `Cancel ${seats(n)} · ${won} back`, cancelNone: 'Choose seats to cancel', cancelSure: (n) => `Cancel ${seats(n)}?`, cancelSureBody: (won) => `${won} goes back to your wallet. This cannot be undone.`, cancelYes: 'Cancel seats', keep: 'Keep them',
    refunded: (won) => `${won} is back`, refundedBody: 'It is in your wallet now. Cancellation fee ₩0, booking fee included.', cut: (at) => `You can cancel until ${at}.`, cutOver: 'The time for cancelling has passed.', cancelledSeat: 'Cancelled', story: 'The story of my turn', paid: 'Paid', held: (at) => `Kept for you until ${at}`,
  },
  story: {
    title: 'The story of my turn', lead: 'What happened when, and why: the same record that we see.', none: 'Nothing has happened yet.',
    steps: {
      joined: 'You joined the line', drawn: 'Places were drawn', called: 'It was your turn', slept: 'We kept your place while you were away', woken: 'Your place woke up', claimed: 'You came in', taken_over: 'You moved to another device', ended: 'Your place ended', held: 'You held seats', hold_ended: 'The hold ended', reserved: 'You reserved the seats', confirmed: 'The reservation is confirmed', cancelled: 'The reservation was cancelled', expired: 'Time ran out',
      payment_started: 'You began to pay', payment_completed: 'You paid', payment_failed: 'The payment did not happen', payment_refused: 'The payment did not happen', refunded: 'Money went back to you', seats_cancelled: 'You cancelled seats', seats_refunded: 'Seats were refunded', sold: 'The seats became yours', withdrawn: 'The organiser withdrew the show',
    },
    reasons: { left: 'you left', purchase: 'you bought all you may', untouched: 'nothing was touched after you came in', pass_expired: 'the time inside ran out', window_closed: 'the sale ended', line_closed: 'the line was closed', expired: 'the time limit passed', released: 'you let them go', swapped: 'you swapped seats', cancelled: 'you cancelled', balance_insufficient: 'the wallet did not cover it', top_up_declined: 'the bank declined', show_cancelled: 'the show was cancelled' },
    number: (n) => `number ${n}`, proof: 'Check the draw',
    appeals: {
      title: 'Is something wrong?', lead: 'If the record is not what happened, or you were slowed by mistake, say so. What we wrote down goes with it, and a person reads it and answers.', open: 'This is wrong', label: 'What is wrong', hint: 'The answer stays on this page.', send: 'Send',
      waiting: 'Waiting for an answer', waitingBody: 'A person is reading it. Your place and your seats are unchanged.', outcomes: { upheld: 'You were right, it is put right', declined: 'Looked into' }, evidence: (rule, n) => `${rule}, ${n === 1 ? 'once' : `${n} times`}`,
      rules: { joins_by_account: 'Requests of this account came too fast', joins_by_address: 'Requests from the same network came too fast', pass_elsewhere: 'The pass was in use on another device', pass_moves_used_up: 'Moved between devices too often', code_wrong: 'A code that did not fit' },
    },
  },
}
