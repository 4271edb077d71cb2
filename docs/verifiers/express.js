import { createPublicKey, verify } from 'node:crypto'

/** Lets in who has a live pass of `show` in the header Pass; `userOf(request)` says whose it has to be. Asks nobody for a request. */
export function passOf({ line, show, shopKey, userOf }) {
  const [keys, floors] = [new Map(), new Map()]
  let [last, freshUntil] = [0, 0]
  async function follow() {
    const asked = Date.now()
    for (let page = { more: true }; page.more; last = page.last) {
      const answer = await fetch(`${line}/api/shows/${show}/passes/floors?after=${last}`, { headers: { 'shop-key': shopKey }, signal: AbortSignal.timeout(2_000) })
      if (!answer.ok) throw new Error(`the line answered ${answer.status}`)
      page = await answer.json()
      for (const key of page.keys) keys.set(key.kid, createPublicKey({ key, format: 'jwk' }))
      for (const { userId, floor } of page.floors) floors.set(userId, floor)
    }
    freshUntil = asked + 5_000
  }
  void (function followOn() { follow().catch(console.error).finally(() => setTimeout(followOn, 1_000).unref()) })()
  function statusOf(pass, user) {
    const [head, body, signature] = pass.split('.')
    const [{ alg, kid }, claims] = [head, body].map((part) => JSON.parse(Buffer.from(part, 'base64url')))
    if (alg !== 'EdDSA' || !verify(null, Buffer.from(`${head}.${body}`), keys.get(kid), Buffer.from(signature, 'base64url'))) return 403
    const isLive = claims.exp * 1_000 > Date.now() && claims.no >= (floors.get(claims.sub) ?? 0)
    return isLive && claims.show === show && claims.sub === user ? 200 : 403
  }
  return (request, response, next) => {
    let status = Date.now() > freshUntil ? 503 : 403 // the line is away: nobody knows who has ended
    try {
      if (status === 403) status = request.get('pass') ? statusOf(request.get('pass'), userOf(request)) : 401
    } catch {} // it was no pass
    return status === 200 ? next() : response.sendStatus(status)
  }
}
