import type { SeatMark } from '../../src/concert/plan-rules.ts'
import type { StartName, StartNames } from './starts.ts'

type Text = string
type Of<T extends unknown[]> = (...values: T) => string
/** Sentences of the hall editor. */
export type HallEditorWords = {
  title: Text; of: Of<[title: string]>; back: Text; forOrganisers: Text; notYours: Text
  map: Text; mapHelp: Text; seatHelp: Text; modes: { label: Text; sections: Text; seats: Text }
  state: { saved: Text; unsaved: Text; saving: Text; done: Text; offline: Text; offlineBody: Text; kept: Text; keptBody: Text; discard: Text; discardSure: Text; discardBody: Text; moved: Of<[version: number]>; movedBody: Text; theirs: Text; mine: Text }
  live: { title: Text; body: Text; cancelled: Text; cancelledBody: Text; closing: Text; closingBody: Text }
  empty: { title: Text; body: Text; names: Record<StartName, Text>; about: Record<StartName, Text>; blank: Text; parts: StartNames }
  sections: { title: Text; none: Text; seated: Text; standing: Text; seats: Of<[n: number]>; choose: Of<[name: string]>; added: Of<[name: string]>; removed: Of<[name: string]>; moved: Of<[name: string, x: string, y: string]>; chosen: Of<[name: string]> }
  acts: { title: Text; duplicate: Text; across: Text; remove: Text; earlier: Text; later: Text; undo: Text; redo: Text; save: Text; undone: Text; redone: Text }
  fields: {
    none: Text; name: Text; grade: Text; mixed: Text; rows: Text; rowSeats: Text; mixedSeats: Text; firstRow: Text; firstRowHint: Text; capacity: Text; width: Text; depth: Text; from: Text; fromLeft: Text; fromRight: Text
    place: Text; x: Text; xHint: Text; y: Text; angle: Text; curve: Text; curveHint: Text; seatPitch: Text; rowPitch: Text; byItself: Text
    someRows: Text; firstOf: Text; lastOf: Text; rowName: Text; between: Of<[min: number, max: number]>; whole: Of<[min: number, max: number]>
  }
  grades: { title: Text; name: Text; price: Text; noPrice: Text; priceProblem: Text; taken: Text; add: Text; newName: Text; remove: Of<[name: string]>; total: Text; capacity: Of<[n: number]>; income: Of<[won: string]>; types: Of<[n: number]>; used: Text }
  seats: { title: Text; text: Text; textHint: Text; unknown: Of<[parts: string]>; chosen: Of<[n: number]>; none: Text; clear: Text; marks: Record<Exclude<SeatMark, 'blocked'>, Text>; marked: Text; block: Text; unblock: Text; reason: Text; reasonNeeded: Text; reasonHint: Text; blocked: Of<[n: number]>; noneBlocked: Text; blockedTitle: Text; done: Of<[n: number]>; opened: Of<[n: number]>; changed: Of<[n: number]>; tooMany: Of<[max: number]>; pick: Text }
  files: { title: Text; json: Text; csv: Text; open: Text; drop: Text; opened: Of<[name: string]>; openedBody: Text; bad: Of<[name: string]>; line: Of<[line: number, what: string]>; place: Of<[place: string, what: string]>; large: Text
    wrong: { json: Of<[detail: string]>; text: Of<[max: number]>; list_length: Of<[max: number]>; number: Of<[min: number, max: number]>; whole: Of<[min: number, max: number]> } & Record<'object' | 'list' | 'missing' | 'unknown' | 'choice' | 'twice' | 'switch', Text>
  }
  findings: {
    title: Text; fine: Text; stops: Text; overlap: Of<[name: string, other: string]>; unpriced: Of<[grade: string]>; noSections: Text; tooManySections: Of<[max: number]>; show: Text
    contradiction: Record<'section_twice' | 'row_twice' | 'no_reason' | 'reason_of_nothing', Of<[name: string]>> & Record<'too_many_seats' | 'too_many_grades', Of<[max: number]>> & { mark_beyond: Of<[name: string, seat: number]> } & Record<'section_name' | 'no_capacity' | 'no_rows' | 'rows_of_standing' | 'capacity_of_seated' | 'curve_too_tight' | 'row_name', Text>
  }
}
