const bufferMax = 64 * 1024

/** Reads the text of a stream (SSE) piece by piece, however it is cut. */
export function createEventReader({ onEvent, onRetry }: { onEvent(event: string, data: string, id: string): void; onRetry(ms: number): void }) {
  let rest = ''
  return (text: string) => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    if (rest.length > bufferMax) throw new Error('an event without an end')
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => {
        const colon = line.indexOf(': ')
        return [line.slice(0, colon), line.slice(colon + 2)]
      }))
      const retryMs = Number(fields.get('retry'))
      if (retryMs > 0) onRetry(retryMs)
      const data = fields.get('data')
      if (data !== undefined) onEvent(fields.get('event') ?? 'message', data, fields.get('id') ?? '')
    }
  }
}
