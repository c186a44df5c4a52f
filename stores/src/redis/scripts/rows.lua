-- Changes the rows of a view, what it parked, and a slice's checkpoint.
--
-- A script does not roll back. So all that may be wrong is found before the first write: who has the
-- slice, where its checkpoint is, the types of all keys, and what the rows that are there had in the
-- indexes. Of the writes only the very first can be refused: see `round.lua`.
--
-- KEYS: the state of the building. ARGV: what its keys begin with, the slice, the epoch, where the
-- checkpoint must be or '', where it goes; of each table how many columns, puts and deletes it has; then
-- for each table its puts, key and packed row in turn, and the keys of its deletes. No key is there twice.
--
-- A packed row is the length of its values, each value with its length, and the body. What the index of a
-- column has of a row is its value and its key.
local STATE = KEYS[1]
local base, slice, epoch, from, to = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local call, sub, len, values_of = redis.call, string.sub, string.len, struct.unpack
local MISSING, NO_SLICE, FENCED, DONE = 0, 1, 2, 4
-- How many arguments one command is given: Lua's stack has room for some thousands.
local CHUNK = 1000

local state = call('HMGET', STATE, 'slices', 'epoch:' .. slice, 'checkpoint:' .. slice, 'changes')
if not state[1] then
  return { MISSING }
elseif tonumber(slice) >= tonumber(state[1]) then
  return { NO_SLICE, state[1] }
elseif (state[2] or '0') ~= epoch or (state[3] or '') ~= from then
  return { FENCED, state[2] or '0', state[3] or '' }
end
if redis.acl_check_cmd then
  local rows = base .. 'rows'
  if not (redis.acl_check_cmd('HSET', STATE, 'a', 'b') and redis.acl_check_cmd('HDEL', rows, 'a')
      and redis.acl_check_cmd('ZADD', rows .. ':key', '0', 'a')
      and redis.acl_check_cmd('ZREM', rows .. ':key', 'a')) then
    return redis.error_reply('NOPERM the user may not run HSET, HDEL, ZADD and ZREM on ' .. base .. '*')
  end
end

-- What is to be written: a command, its key, its arguments.
local planned = {}

local function plan(command, key, arguments)
  for first = 1, #arguments, CHUNK do
    planned[#planned + 1] = { command, key, arguments, first, math.min(first + CHUNK - 1, #arguments) }
  end
end

-- What the indexes of a table are to lose and get.
local function indexes_of(name, columns)
  local indexes = {}
  for column = 1, columns do
    local key = name .. ':' .. (column - 1)
    -- Fails where the key is another program's.
    call('ZCARD', key)
    indexes[column] = { key = key, add = {}, remove = {} }
  end
  call('ZCARD', name .. ':key')
  indexes.key = { key = name .. ':key', add = {}, remove = {} }
  return indexes
end

local function add(index, member)
  local members = index.add
  members[#members + 1] = '0'
  members[#members + 1] = member
end

local function remove(index, member)
  index.remove[#index.remove + 1] = member
end

-- What the rows with these arguments as keys are now.
local function stored(name, first, last, step)
  local found, keys = {}, {}
  for at = first, last, step do
    keys[#keys + 1] = ARGV[at]
  end
  for at = 1, #keys, CHUNK do
    for _, row in ipairs(call('HMGET', name, unpack(keys, at, math.min(at + CHUNK - 1, #keys)))) do
      found[#found + 1] = row
    end
  end
  return found
end

local function judge_put(indexes, form, key, old, new)
  if not old then
    add(indexes.key, key)
    local values = { values_of(form, new, 5) }
    for column, index in ipairs(indexes) do
      add(index, values[column] .. key)
    end
    return
  end
  local head = 4 + values_of('>I4', new)
  if sub(old, 1, head) == sub(new, 1, head) then
    return
  end
  local before, after = { values_of(form, old, 5) }, { values_of(form, new, 5) }
  for column, index in ipairs(indexes) do
    if before[column] ~= after[column] then
      remove(index, before[column] .. key)
      add(index, after[column] .. key)
    end
  end
end

local function judge_delete(indexes, form, key, old)
  local values = { values_of(form, old, 5) }
  for column, index in ipairs(indexes) do
    remove(index, values[column] .. key)
  end
  remove(indexes.key, key)
end

-- Plans the changes of a table whose arguments begin there; where the next one's begin.
local function judge(name, columns, puts, deletes, at)
  local indexes, form = indexes_of(name, columns), '>' .. string.rep('I4c0', columns)
  local deleting = at + 2 * puts
  local rows, gone, going = {}, stored(name, deleting, deleting + deletes - 1, 1), {}
  for number, old in ipairs(stored(name, at, deleting - 1, 2)) do
    local place = at + 2 * number - 2
    judge_put(indexes, form, ARGV[place], old, ARGV[place + 1])
    rows[2 * number - 1], rows[2 * number] = ARGV[place], ARGV[place + 1]
  end
  for number, old in ipairs(gone) do
    if old then
      judge_delete(indexes, form, ARGV[deleting + number - 1], old)
      going[#going + 1] = ARGV[deleting + number - 1]
    end
  end
  plan('HSET', name, rows)
  plan('HDEL', name, going)
  for column = 1, columns do
    plan('ZREM', indexes[column].key, indexes[column].remove)
    plan('ZADD', indexes[column].key, indexes[column].add)
  end
  plan('ZREM', indexes.key.key, indexes.key.remove)
  plan('ZADD', indexes.key.key, indexes.key.add)
  return deleting + deletes
end

local at = judge(base .. 'rows', tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), 12)
judge(base .. 'parked', tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), at)

-- A batch that changes no row disturbs no query.
local changes = tonumber(state[4]) + (#planned > 0 and 1 or 0)
-- The one that may be refused.
call('HSET', STATE, 'checkpoint:' .. slice, to, 'changes', string.format('%.0f', changes))
local fine, problem = pcall(function()
  for _, write in ipairs(planned) do
    call(write[1], write[2], unpack(write[3], write[4], write[5]))
  end
end)
if not fine then
  -- Not known to happen.
  return redis.error_reply('PARTLY ' .. (type(problem) == 'table' and problem.err or tostring(problem)))
end
return { DONE }
