-- The next rows of an index, as they are at this moment.
--
-- KEYS: the state of the building, the index, the rows. ARGV: `up` or `down`, how many rows and how many
-- bytes, `whole` or `values`, whether the index has values before the keys (1 or 0), the member to go on
-- after, as the bound of a range, or '', and the ranges that are walked, each with its two bounds.
--
-- Down, the values fall and the keys of equal values rise: so that each order of a query is the order in
-- which it walks.
--
-- Gives the counter of changes, whether all ranges were walked to their ends, the members and the rows.
local STATE, INDEX, ROWS = KEYS[1], KEYS[2], KEYS[3]
local up, most, bytes, whole = ARGV[1] == 'up', tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == 'whole'
local valued, after = ARGV[5] == '1', ARGV[6]
local call, sub, byte, find = redis.call, string.sub, string.byte, string.find
local RANGES = 7
-- How many rows are read together at first, and the most when it is known how large they are.
local CHUNKS = { 8, 200 }
-- The lengths of values with a length, by the byte that they begin with; text ends with two bytes.
local LENGTHS, TEXT_END = { [0] = 1, 2, 9, 9 }, '\0\1'

local changes = call('HGET', STATE, 'changes')
if not changes then
  return {}
end

-- The length of the value in a member.
local function value_length(member)
  if not valued then
    return 0
  end
  local length = LENGTHS[byte(member)]
  if not length then
    local _, last = find(member, TEXT_END, 1, true)
    length = last
  end
  return length
end

local members = {}

-- Adds the members of a range, as many as are wanted.
local function add(from, to)
  for _, member in ipairs(call('ZRANGEBYLEX', INDEX, from, to, 'LIMIT', 0, most - #members)) do
    members[#members + 1] = member
  end
end

local function walk_down(from, to, beyond)
  if beyond ~= '' then
    local member = sub(beyond, 2)
    local value = sub(member, 1, value_length(member))
    add(beyond, '(' .. value .. '\255')
    to = '(' .. value
  end
  while #members < most do
    local last = call('ZREVRANGEBYLEX', INDEX, to, from, 'LIMIT', 0, 1)[1]
    if not last then
      return
    end
    local value = sub(last, 1, value_length(last))
    add('[' .. value, '(' .. value .. '\255')
    to = '(' .. value
  end
end

local function walk()
  for range = RANGES, #ARGV, 2 do
    local from, to = ARGV[range], ARGV[range + 1]
    local beyond = range == RANGES and after or ''
    if not up then
      walk_down(from, to, beyond)
    elseif beyond ~= '' then
      add(beyond, to)
    else
      add(from, to)
    end
    if #members >= most then
      return
    end
  end
end

walk()
local ended = #members < most

local rows, size, chunk = {}, 0, CHUNKS[1]
while #rows < #members and (size < bytes or #rows == 0) do
  local keys = {}
  for at = #rows + 1, math.min(#rows + chunk, #members) do
    keys[#keys + 1] = sub(members[at], value_length(members[at]) + 1)
  end
  for _, row in ipairs(call('HMGET', ROWS, unpack(keys))) do
    if not row then
      return redis.error_reply('WRONGTYPE ' .. ROWS .. ' lacks a row that ' .. INDEX .. ' has')
    end
    if not whole then
      row = sub(row, 1, 4 + struct.unpack('>I4', row))
    end
    rows[#rows + 1] = row
    size = size + #row
  end
  chunk = math.max(1, math.min(CHUNKS[2], math.floor((bytes - size) * #rows / size)))
end
if #rows < #members then
  ended = false
  for at = #members, #rows + 1, -1 do
    members[at] = nil
  end
end
return { changes, ended and 1 or 0, members, rows }
