import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type Message = { to: string; subject: string; text: string }
export type Mail = { send: (message: Message) => Promise<void> }

const textOf = ({ to, subject, text }: Message) => `To: ${to}\nSubject: ${subject}\n\n${text}\n`

/** Writes each message as a file, readable by the owner only: it carries a link that opens an account. */
export function createFileMail(directory: string): Mail {
  return {
    send: async (message) => {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await writeFile(join(directory, `${process.hrtime.bigint()}.txt`), textOf(message), { mode: 0o600 })
    },
  }
}

export const createConsoleMail = (write: (text: string) => void): Mail => ({ send: async (message) => write(`\n${textOf(message)}\n`) })
