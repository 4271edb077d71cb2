import pino, { type DestinationStream, type LogFn, type Logger } from 'pino'

export type { Logger }

/** JSON lines on stdout; nothing that opens a door or names a person is ever written. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    redact: {
      paths: [
        'req.headers.authorization', 'req.headers.cookie', 'req.headers.pass', 'headers.authorization', 'headers.cookie',
        '*.password', '*.newPassword', '*.token', '*.accessToken', '*.refreshToken', '*.pass', '*.email', '*.name', '*.code',
        'password', 'token', 'accessToken', 'pass', 'email',
      ],
      censor: '***',
    },
    hooks: { logMethod },
    serializers: { err: (error: Error) => told(error) },
  }
  return pino(options, destination ?? stdoutLines())
}

let isReaderWatched = false

/**
 * What nobody reads any more is dropped. The library's own writer tries it again for ever when the process ends, and the
 * process does not end.
 */
function stdoutLines(): DestinationStream {
  if (!isReaderWatched) process.stdout.on('error', () => undefined)
  isReaderWatched = true
  return { write: (line) => void process.stdout.write(line) }
}

const causesMax = 4
const address = /[^\s@<>"'()]+@[^\s@<>"'()]+/g
// tokens of ours and of links, passes and keys of other shops: long, without spaces
const secret = /\b(?:session|pass)\.[\w.-]+|\b(?:service|work|eyJ[\w-]*)\.[\w-]+\.[\w-]+(?:\.[\w-]+)?|\bshop_[\w-]{43}|(token=)[\w-]+/g
const masked = (text: string) => text.replace(address, '***').replace(secret, '$1***')

/** Without a sentence of its own a line takes the error's message, unmasked; so it gets one. */
function logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn) {
  const [first] = args as unknown[]
  const error = first instanceof Error ? first : (first as { err?: unknown } | undefined)?.err
  const said = args.length === 1 && error instanceof Error ? [first, error.message] : args
  method.apply(this, said.map((each) => (typeof each === 'string' ? masked(each) : each)) as Parameters<LogFn>)
}

/** An error with what caused it, for the first is often only where it was noticed; a message may quote what somebody sent. */
function told(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return masked(String(error))
  const causes = [...(error.cause === undefined ? [] : [error.cause]), ...(error instanceof AggregateError ? error.errors : [])]
  return {
    type: error.name,
    message: masked(error.message),
    stack: masked(error.stack ?? ''),
    ...(causes.length > 0 && depth < causesMax ? { causes: causes.slice(0, causesMax).map((cause) => told(cause, depth + 1)) } : {}),
  }
}
