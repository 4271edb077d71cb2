export type Role = 'buyer' | 'organiser' | 'staff' | 'operator'

/** Who is calling, from the verified token only. */
export type Principal = { userId: string; sessionId: string; role: Role; epoch: number }
export type SessionClaims = Principal & { exp: number }

/**
 * Who may call a route; a route without it is refused at start. `live` asks the user service about the session each
 * time (pay, role and staff routes) instead of trusting the table that follows by at most two seconds.
 */
export type Access = { allow: 'public' | 'signed-in' | readonly Role[]; live?: true }
