import type { System } from './compose.ts'

/** Logins of the demo; refused with DATABASE_URL or a public address (config.ts). */
export const demoLogins = [
  { role: 'buyer', email: 'fan@example.com', password: 'fan-demo-1234', name: '김오픈' },
  { role: 'organiser', email: 'organiser@example.com', password: 'organiser-demo-1234', name: '하늘기획' },
  { role: 'operator', email: 'operator@example.com', password: 'operator-demo-1234', name: '당직' },
] as const

const hour = 3_600_000
const day = 24 * hour

type Sale = { title: string; venue: string; opensAt: number; closesAt: number; startsAt: number; floor: number }

/** Three concerts: one on sale now, one that opens tomorrow, one with a code window next week. Runs once per data directory. */
export async function seedDemo(system: System, now: number): Promise<void> {
  const { concert, wallet } = system.api
  const hasWallet = !system.absent.has('wallet')
  const ids: Record<string, string> = {}
  for (const login of demoLogins) ids[login.role] = await system.userService.ensureUser(login)
  const organiser = { userId: ids.organiser as string, role: 'organiser' as const }
  const { items } = await concert.search({ page: 0, size: 1 })
  if (items.length > 0) return
  const hourStart = now - (now % hour)
  const sales: Sale[] = [
    { title: '오픈런 페스티벌 2027', venue: '올림픽홀', opensAt: hourStart, closesAt: hourStart + 60 * day, startsAt: hourStart + 90 * day, floor: 12 },
    { title: '겨울밤 피아노', venue: '세종 체임버홀', opensAt: hourStart + day, closesAt: hourStart + 30 * day, startsAt: hourStart + 45 * day, floor: 6 },
    { title: '한여름 밴드 대전', venue: '난지 야외무대', opensAt: hourStart + 7 * day, closesAt: hourStart + 40 * day, startsAt: hourStart + 60 * day, floor: 8 },
  ]
  for (const sale of sales) await seedSale(system, organiser, sale)
  if (hasWallet) await wallet.topUp({ topUpId: crypto.randomUUID(), userId: ids.buyer as string, amount: 500_000 })
  await system.settle()
}

async function seedSale({ api: { concert } }: System, by: { userId: string; role: 'organiser' }, sale: Sale) {
  await concert.createWithShow({
    by,
    concert: { title: sale.title, venue: sale.venue, description: '' },
    show: {
      startsAt: sale.startsAt, endsAt: sale.startsAt + 2 * hour, timeZone: 'Asia/Seoul', ticketsPerUserMax: 4, bookingFee: 2_000,
      policy: { version: 1, cutoffMinutesBeforeStart: 24 * 60 },
    },
    plan: hallOf(sale.floor),
    prices: [
      { grade: 'VIP', price: 154_000 },
      { grade: 'R', price: 132_000, types: [{ name: 'youth', price: 99_000, proofAtDoor: true }] },
      { grade: 'S', price: 88_000 },
    ],
    windows: [{ name: '일반예매', opensAt: sale.opensAt, closesAt: sale.closesAt, audience: 'everyone', sections: null }],
  })
}

/** A small hall: seated VIP and R sections and a standing S floor. */
function hallOf(rows: number) {
  const seated = (name: string, grade: string) => ({
    name, grade, kind: 'seated' as const,
    rows: Array.from({ length: rows }, (_, i) => ({ name: String(i + 1), seats: 20, ...(i === 0 ? { aisle: [1, 20] } : {}) })),
  })
  return { sections: [seated('A', 'VIP'), seated('B', 'R'), { name: '스탠딩', grade: 'S', kind: 'standing' as const, capacity: rows * 10 }] }
}
