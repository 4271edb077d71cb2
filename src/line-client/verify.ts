import { signedTextOf } from './api.ts'

const bytesOf = (base64url: string) => Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))

/** Whether one of these keys (GET /api/frame-keys) signed this document, as it was received. By WebCrypto, in a browser too. */
export async function isGenuine(document: string, publicKeys: string[]): Promise<boolean> {
  const signature = /"signature":"([\w-]+)"}$/.exec(document)?.[1]
  if (!signature) return false
  const text = new TextEncoder().encode(signedTextOf(document))
  const answers = await Promise.all(publicKeys.map(async (publicKey) => {
    const key = await crypto.subtle.importKey('raw', bytesOf(publicKey), 'Ed25519', false, ['verify'])
    return crypto.subtle.verify('Ed25519', key, bytesOf(signature), text)
  }))
  return answers.includes(true)
}
