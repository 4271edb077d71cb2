import { scriptOf } from '../platform/redis.ts'

/**
 * A copy of a line in Redis: KEYS[1] a hash (generation, order, epoch, last, event), KEYS[2] the ids of its users by number,
 * 16 bytes each, KEYS[3] a bit a rank for who waits no more. The keys of a generation are named by the caller, so every
 * script first asks whether that generation is the present one, in the order the caller means, and whole: of a copy that
 * lost a key, evicted or torn, nothing is counted.
 */
const present = `
local kept = redis.call('hmget', KEYS[1], 'generation', 'order', 'last', 'event')
local function isPresent(generation, order)
  if kept[1] ~= generation or kept[2] ~= order then return false end
  local last = tonumber(kept[3])
  return redis.call('strlen', KEYS[2]) == last * 16 and redis.call('strlen', KEYS[3]) > math.floor(last / 8)
end`

/** Answers generation, order, last and event, or nothing. */
export const lookScript = scriptOf(`
local kept = redis.call('hmget', KEYS[1], 'generation', 'order', 'last', 'event')
return kept[1] and kept`)

/**
 * ARGV: generation, order, from.last, from.event, to.last, to.event, ids of users, JSON of ranks that are gone, JSON of ranks
 * asked (ascending), ms to keep it. Answers 'other' for a copy that is not this one, 'behind' and its mark when the news begin after
 * what it knows, else its mark and how many wait before each rank.
 */
export const aheadScript = scriptOf(`${present}
if not isPresent(ARGV[1], ARGV[2]) then return {'other'} end
local last, event = tonumber(kept[3]), tonumber(kept[4])
local fromLast, toLast = tonumber(ARGV[3]), tonumber(ARGV[5])
if fromLast > last or tonumber(ARGV[4]) > event then return {'behind', kept[3], kept[4]} end
if toLast > last or tonumber(ARGV[6]) > event then
  if toLast > last then
    redis.call('setrange', KEYS[2], last * 16, string.sub(ARGV[7], (last - fromLast) * 16 + 1))
    last = toLast
  end
  for _, rank in ipairs(cjson.decode(ARGV[8])) do redis.call('setbit', KEYS[3], rank, 1) end
  if redis.call('strlen', KEYS[3]) <= math.floor(last / 8) then redis.call('setrange', KEYS[3], math.floor(last / 8), '\\0') end
  if tonumber(ARGV[6]) > event then event = tonumber(ARGV[6]) end
  redis.call('hset', KEYS[1], 'last', string.format('%.0f', last), 'event', string.format('%.0f', event))
  for i = 1, 3 do redis.call('pexpire', KEYS[i], ARGV[10]) end
end
local answer = {'counted', string.format('%.0f', last), string.format('%.0f', event)}
local gone, from = 0, 1
for i, rank in ipairs(cjson.decode(ARGV[9])) do
  if rank > from then
    gone = gone + redis.call('bitcount', KEYS[3], from, rank - 1, 'BIT')
    from = rank
  end
  answer[3 + i] = rank - 1 - gone
end
return answer`)

/** KEYS[1] a key of a generation that is not the present one yet. ARGV: offset, bytes, ms to keep it: who is killed meanwhile leaves nothing. */
export const writeScript = scriptOf(`
redis.call('setrange', KEYS[1], ARGV[1], ARGV[2])
redis.call('pexpire', KEYS[1], ARGV[3])`)

/**
 * Makes a written generation (KEYS[2], KEYS[3]) the present one, in the place of that which its maker saw (KEYS[4], KEYS[5];
 * ARGV[6], empty for none). ARGV: generation, order, epoch, last, event, generation seen, ms to keep the new, ms to keep the old.
 * 0 and nothing changed when somebody else did so meanwhile, when a later epoch stands there, or when it was not written whole.
 */
export const switchScript = scriptOf(`
local seen, epoch = unpack(redis.call('hmget', KEYS[1], 'generation', 'epoch'))
local last = tonumber(ARGV[4])
local isWhole = redis.call('strlen', KEYS[2]) == last * 16 and redis.call('strlen', KEYS[3]) > math.floor(last / 8)
if (seen or '') ~= ARGV[6] or (epoch and tonumber(epoch) > tonumber(ARGV[3])) or not isWhole then
  redis.call('del', KEYS[2], KEYS[3])
  return 0
end
redis.call('hset', KEYS[1], 'generation', ARGV[1], 'order', ARGV[2], 'epoch', ARGV[3], 'last', ARGV[4], 'event', ARGV[5])
for i = 1, 3 do redis.call('pexpire', KEYS[i], ARGV[7]) end
if ARGV[6] ~= '' then for i = 4, 5 do redis.call('pexpire', KEYS[i], ARGV[8]) end end
return 1`)

/** ARGV: generation, order, key (2 or 3), first byte, last byte. Answers those bytes and the mark, or nothing. */
export const readScript = scriptOf(`${present}
if not isPresent(ARGV[1], ARGV[2]) then return false end
return {kept[3], kept[4], redis.call('getrange', KEYS[tonumber(ARGV[3])], ARGV[4], ARGV[5])}`)

/** Forgets a copy that is not whole, so that it is made again. ARGV: generation. */
export const forgetScript = scriptOf(`
if redis.call('hget', KEYS[1], 'generation') == ARGV[1] then redis.call('del', KEYS[1], KEYS[2], KEYS[3]) end`)
