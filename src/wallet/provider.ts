/** What is asked of a provider; `ref` is its identity there: the same ref moves money at most once. */
export type ProviderRequest = { ref: string; amount: number; source?: string }
export type ProviderAnswer = 'approved' | 'declined' | 'pending'

/**
 * Where money comes from and goes to outside (bank, card company). Every call answers or throws within 5 seconds.
 * UnknownOutcome means the answer was lost and money may have moved; the wallet then asks `find`. Amounts: integer won.
 * The first final answer to a ref stays its answer.
 */
export type Provider = {
  /** names the ledger's external account; never changes once used */
  name: string
  pay(request: ProviderRequest): Promise<ProviderAnswer>
  payOut(request: ProviderRequest): Promise<ProviderAnswer>
  /** 'unknown': this ref never arrived, so asking again moves money once */
  find(ref: string): Promise<ProviderAnswer | 'unknown'>
}
