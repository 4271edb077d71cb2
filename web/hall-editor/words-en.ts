import type { HallEditorWords } from './words.ts'

const seats = (n: number) => (n === 1 ? '1 seat' : `${n.toLocaleString('en-GB')} seats`)

export const en: HallEditorWords = {
  title: 'Hall', of: (title) => `Hall of ${title}`, back: 'To the show', forOrganisers: 'Only organisers can set up a hall', notYours: 'Sign in with an organiser’s account.',
  map: 'Hall as fans will see it', mapHelp: 'Arrows move the chosen section, with Shift by five; Delete removes it; + and − zoom.', seatHelp: 'Arrows move, Enter chooses a seat, + and − zoom.', modes: { label: 'What a click chooses', sections: 'Sections', seats: 'Seats' },
  state: {
    saved: 'Everything is saved', unsaved: 'Not saved yet', saving: 'Saving', done: 'The hall is saved', offline: 'The connection is gone', offlineBody: 'Go on: your changes stay in this tab and can be saved when it is back.', kept: 'These are your changes from before', keptBody: 'They were not saved yet and were kept in this tab.',
    discard: 'Discard changes', discardSure: 'Discard your changes?', discardBody: 'The hall goes back to what is saved.', moved: (version) => `Somebody else has changed this hall (version ${version})`, movedBody: 'Your changes are still here. Choose which of the two goes on.', theirs: 'Show theirs', mine: 'Save mine',
  },
  live: { title: 'This show is published, so the hall is fixed', body: 'Plan, grades and prices stay as buyers see them. You can still take seats out of sale. To change the hall, unpublish the show while nobody holds a seat.', cancelled: 'This show is cancelled', cancelledBody: 'The hall is kept for its buyers and cannot be changed.', closing: 'This show is being taken back', closingBody: 'Look again in a moment: it becomes a draft, or it stays on sale because of its buyers.' },
  empty: {
    title: 'Choose a hall to begin with', body: 'Everything in it can be changed.', names: { theatre: 'Small theatre', arena: 'Arena with a standing floor', rows: 'Hall with rows' }, about: { theatre: 'Stalls with two wings and a balcony, 580 seats', arena: 'Two standing floors and ten blocks around them, 2,480 places', rows: 'One section of 15 rows, 300 seats' }, blank: 'Start with one section',
    parts: { stalls: 'Stalls', left: 'Stalls left', right: 'Stalls right', balcony: 'Balcony', floor: 'Standing', hall: 'Hall' },
  },
  sections: { title: 'Sections', none: 'There is no section yet.', seated: 'Add seats', standing: 'Add standing', seats, choose: (name) => `Choose section ${name}`, added: (name) => `Section ${name} added`, removed: (name) => `Section ${name} removed`, moved: (name, x, y) => `${name}: ${x} across, ${y} from the stage`, chosen: (name) => `Section ${name} chosen` },
  acts: { title: 'Section', duplicate: 'Copy beside', across: 'Copy to the other side', remove: 'Remove', earlier: 'Earlier', later: 'Later', undo: 'Undo', redo: 'Redo', save: 'Save the hall', undone: 'Undone', redone: 'Done again' },
  fields: {
    none: 'Choose a section, in the list or on the map, to change it.', name: 'Name', grade: 'Grade', mixed: 'Several grades', rows: 'Rows', rowSeats: 'Seats in a row', mixedSeats: 'Rows differ; a number makes them all alike.', firstRow: 'First row', firstRowHint: '1 or A: the others follow.', capacity: 'How many may stand', width: 'Width', depth: 'Depth', from: 'Seat 1 is', fromLeft: 'at the left', fromRight: 'at the right',
    place: 'How it stands', x: 'Across', xHint: '0 is the middle of the stage, one is the width of a seat.', y: 'From the stage', angle: 'Turned (°)', curve: 'Bent around the stage (°)', curveHint: 'From end to end; below 0 it bends away.', seatPitch: 'Distance of seats', rowPitch: 'Distance of rows', byItself: 'It is placed by itself until you move something.',
    someRows: 'Some of its rows', firstOf: 'From row', lastOf: 'To row', rowName: 'Name of the row', between: (min, max) => `From ${min} to ${max}, please.`, whole: (min, max) => `A whole number from ${min} to ${max}, please.`,
  },
  grades: { title: 'Grades and prices', name: 'Grade', price: 'Price in won', noPrice: 'No price yet', priceProblem: 'Whole won, please: 0 or more.', taken: 'Another grade has this name.', add: 'Add grade', newName: 'Name of a new grade', remove: (name) => `Remove grade ${name}`, total: 'Total', capacity: seats, income: (won) => `${won} if sold out`, types: (n) => (n === 1 ? 'and 1 price type' : `and ${n} price types`), used: 'Seats have this grade.' },
  seats: {
    title: 'Single seats', text: 'Chosen seats', textHint: 'Section/row-number, such as A/3-12..20; in the chosen section 3-12..20 is enough. Or choose them on the map.', unknown: (parts) => `There is no such seat: ${parts}`, chosen: (n) => `${seats(n)} chosen`, none: 'No seat is chosen.', clear: 'Choose none', marks: { accessible: 'Wheelchair', companion: 'Companion', restrictedView: 'Restricted view', aisle: 'Aisle' },
    marked: 'Marked as', block: 'Take out of sale', unblock: 'Put back on sale', reason: 'Why they are not on sale', reasonNeeded: 'Please say why.', reasonHint: 'For your team; fans do not see it. One reason a row before publishing.', blocked: (n) => `${seats(n)} not on sale`, noneBlocked: 'Every seat is on sale.', blockedTitle: 'Not on sale', done: (n) => `${seats(n)} taken out of sale`, opened: (n) => `${seats(n)} back on sale`, changed: (n) => `${seats(n)} changed`, tooMany: (max) => `Up to ${max} seats at a time, please.`, pick: 'Choose seats on the map',
  },
  files: {
    title: 'Files', json: 'Download JSON', csv: 'Download CSV', open: 'Open a file', drop: 'Or drop a JSON or CSV file anywhere on this page. A CSV has no places: sections keep theirs by name.', opened: (name) => `${name} is open`, openedBody: 'It is not saved yet; Undo brings the hall from before back.', bad: (name) => `${name} could not be read`, line: (line, what) => `Line ${line}: ${what}`, place: (place, what) => `${place}: ${what}`, large: 'The file is larger than 8 MB.',
    wrong: {
      json: (detail) => `this is not JSON (${detail})`,
      object: 'an object is expected',
      list: 'a list is expected',
      missing: 'is missing',
      unknown: 'is not a field of a plan',
      choice: 'seated or standing is expected',
      twice: 'names a seat twice',
      switch: 'true or false is expected',
      text: (max) => `a text of 1 to ${max} characters is expected`,
      list_length: (max) => `1 to ${max} entries are expected`,
      number: (min, max) => `a number from ${min} to ${max} is expected`,
      whole: (min, max) => `a whole number from ${min} to ${max} is expected`,
    },
  },
  findings: { title: 'To look at', fine: 'Nothing is wrong', stops: 'Must be changed before saving', contradiction: {
      section_twice: (name) => `Two sections are called ${name}`,
      section_name: 'A section’s name is empty or has spaces around it',
      no_capacity: 'How many may stand is missing',
      no_rows: 'A section has no rows',
      rows_of_standing: 'A standing floor has no rows',
      capacity_of_seated: 'Rows say how many sit; a capacity is too much',
      curve_too_tight: 'It is bent so much that its rows would not fit',
      row_twice: (name) => `Two rows are called ${name}`,
      row_name: 'A row’s name is empty or has spaces around it',
      mark_beyond: (name, seat) => `Row ${name} has no seat ${seat}`,
      no_reason: (name) => `Row ${name}: say why seats are not on sale`,
      reason_of_nothing: (name) => `Row ${name}: a reason, but no seat it is for`,
      too_many_seats: (max) => `A hall has up to ${max.toLocaleString('en-GB')} seats`,
      too_many_grades: (max) => `A hall has up to ${max} grades`,
    }, overlap: (name, other) => `${name} and ${other} stand in each other’s place`, unpriced: (grade) => `${grade} has no price yet`, noSections: 'A hall needs a section', tooManySections: (max) => `A hall has up to ${max} sections`, show: 'Show' },
}
