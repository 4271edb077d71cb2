const hour = 3_600_000

/** An ICS file: nobody has to allow notices or leave an address to be reminded. */
export function saveCalendar({ id, title, venue }: { id: string; title: string; venue: string }, at: number, what: string, hours = 0.5) {
  const stamp = (ms: number) => `${new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')}`
  const text = (value: string) => value.replace(/([,;\\])/g, '\\$1')
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Openrun//EN', 'BEGIN:VEVENT', `UID:${id}-${at}@openrun`, `DTSTAMP:${stamp(Date.now())}`, `DTSTART:${stamp(at)}`, `DTEND:${stamp(at + hours * hour)}`, `SUMMARY:${text(title)}`, `LOCATION:${text(venue)}`, `DESCRIPTION:${text(what)}`, 'END:VEVENT', 'END:VCALENDAR']
  saveFile(new Blob([lines.join('\r\n')], { type: 'text/calendar' }), 'openrun.ics')
}

export function saveFile(content: Blob, name: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000)
}
