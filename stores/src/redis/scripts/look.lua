-- What a read needs to know of the log at one moment: its end, what stands at two positions, and the
-- next entries of a query's lists.
--
-- KEYS: the log, what is known of it. ARGV: the prefix of all keys, a position that was seen or '',
-- a position up to which is read or '', and where there are lists: `forward` or `backward`, the
-- position after which is read, the place in the lists to begin at, how many entries, and the lists
-- (MessagePack): for each part of the query those of which any one will do.
local LOG, META = KEYS[1], KEYS[2]
local prefix, seen, through = ARGV[1], ARGV[2], ARGV[3]
local call = redis.call

local function standing(position)
  if position == '' then
    return false
  end
  local entry = call('XRANGE', LOG, position, '+', 'COUNT', 1)[1]
  if not entry then
    return false
  end
  local _, events = string.gsub(entry[2][8], '\n', '\n')
  return { entry[1], string.sub(entry[2][2], 1, 24), events }
end

local known = call('HMGET', META, 'id', 'end', 'k', 'n')
local answer = { known, standing(seen), standing(through) }
if not known[1] or not ARGV[4] then
  return answer
end

local forward, after = ARGV[4] == 'forward', tonumber(ARGV[5])
local skip, most = tonumber(ARGV[6]), tonumber(ARGV[7])

-- The entry that has the event at the position up to which is read: none beyond it is meant.
local bound = answer[3] and tonumber(string.match(answer[3][1], '^%d+'))

-- The place of the first entry of a list at or after a position, counted from 0.
local function place(list, length, position)
  local low, high = 0, length
  while low < high do
    local middle = math.floor((low + high) / 2)
    if tonumber(call('LINDEX', list, middle)) < position then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

local function shortest(lists)
  local best, length
  for _, list in ipairs(lists) do
    local n = call('LLEN', prefix .. list)
    if not length or n < length then
      best, length = prefix .. list, n
    end
  end
  return best, length
end

-- Some of the entries, and whether there are more.
local function entries_of(list, length)
  local first, last = skip, length - 1
  if after > 0 then
    first = math.max(first, place(list, length, after + 1))
  end
  if bound then
    last = math.min(last, place(list, length, bound + 1) - 1)
  end
  if first > last then
    return {}, false
  elseif forward then
    local to = math.min(last, first + most - 1)
    return call('LRANGE', list, first, to), to < last
  end
  local from = math.max(first, last - most + 1)
  return call('LRANGE', list, from, last), from > first
end

local found, more = {}, {}
for i, lists in ipairs(cmsgpack.unpack(ARGV[8])) do
  local list, length = shortest(lists)
  local some, rest = entries_of(list, length)
  found[i], more[i] = some, rest and 1 or 0
end
answer[4], answer[5] = found, more
return answer
