import { Problem } from '../client.ts'
import { language } from '../language.ts'
import { saveFile } from '../parts/files.ts'
import { accessToken } from '../session.ts'

/** Saves what the API sends as a file under the name it gives; throws a Problem as every other asking does. */
export async function download(path: string): Promise<void> {
  const token = await accessToken()
  const headers = { 'accept-language': language(), ...(token ? { authorization: `Bearer ${token}` } : {}) }
  const response = await fetch(path, { headers, credentials: 'same-origin' }).catch(() => {
    throw new Problem(0, { code: 'unreachable', title: '' })
  })
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})))
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'openrun.csv'
  // a file that broke off on its way is none
  const content = await response.blob().catch(() => {
    throw new Problem(0, { code: 'unreachable', title: '' })
  })
  saveFile(content, name)
}
