import pino, { type Logger } from 'pino'

export type { Logger }

/** JSON lines on stdout; nothing that opens a door or names a person is ever written. */
export function createLog(level: string): Logger {
  return pino({
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
    serializers: { err: (error: Error) => ({ type: error.name, message: error.message, stack: error.stack }) },
  })
}
