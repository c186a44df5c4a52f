-- What concerns a building of a view as a whole, or who has a slice of it.
--
-- Of the writes of a script only the first can be refused (see `round.lua`); all that may be wrong with
-- the others, the type of a key, is looked at before it.
--
-- KEYS: the buildings of the view's name. ARGV: what to do, what the keys of these buildings begin with,
-- version, build, and what each function below names.
local BUILDS = KEYS[1]
local prefix, version, build = ARGV[2], ARGV[3], ARGV[4]
local call = redis.call
local MISSING, NO_SLICE, YOURS, THEIRS, DONE = 0, 1, 2, 3, 4

local function base_of(building)
  return prefix .. building .. ':'
end

local this = version .. ':' .. build
local BASE = base_of(this)
local STATE = BASE .. 'state'
local LIVE = 'live:' .. version

-- Redis writes numbers with all their digits, Lua only the first 14.
local function digits(number)
  return string.format('%.0f', number)
end

-- Microseconds since 1970.
local function now()
  local time = call('TIME')
  return time[1] * 1000000 + time[2]
end

-- What a slice has, or why there is none.
local function slice_of(slice)
  local slices = call('HGET', STATE, 'slices')
  if not slices then
    return nil, { MISSING }
  elseif tonumber(slice) >= tonumber(slices) then
    return nil, { NO_SLICE, slices }
  end
  local found = call('HMGET', STATE, 'epoch:' .. slice, 'owner:' .. slice, 'until:' .. slice,
    'checkpoint:' .. slice)
  return { epoch = found[1] or '0', owner = found[2], till = tonumber(found[3] or ''), at = found[4] or '' }
end

local work = {}

-- Columns, slices, how many columns its two tables have.
function work.open(columns, slices, rows, parked)
  local known = call('HMGET', STATE, 'columns', 'slices')
  if known[1] then
    return known
  end
  call('HEXISTS', BUILDS, this)
  -- The counter of changes goes on from what none before it has come to, so that a query can tell this
  -- building from one that was dropped.
  call('HSET', STATE, 'columns', columns, 'slices', slices, 'rows', rows, 'parked', parked,
    'changes', digits(now()))
  call('HSET', BUILDS, this, '')
  return { columns, slices }
end

-- Slice, owner, lease in microseconds or ''.
function work.take(slice, owner, lease)
  local found, wrong = slice_of(slice)
  if wrong then
    return wrong
  end
  local mine, time = found.owner == owner, now()
  if found.owner and not mine and lease ~= '' and found.till and found.till > time then
    return { THEIRS, found.owner, digits(found.till - time) }
  end
  local epoch = digits(tonumber(found.epoch) + (mine and 0 or 1))
  local till = lease ~= '' and digits(time + lease) or ''
  call('HSET', STATE, 'epoch:' .. slice, epoch, 'owner:' .. slice, owner, 'until:' .. slice, till)
  return { YOURS, epoch, found.at }
end

-- Slice, epoch.
function work.release(slice, epoch)
  local found, wrong = slice_of(slice)
  if wrong then
    return wrong
  end
  if found.epoch == epoch then
    call('HDEL', STATE, 'owner:' .. slice, 'until:' .. slice)
  end
  return { DONE }
end

function work.slices()
  local slices, time, all = call('HGET', STATE, 'slices'), now(), { DONE }
  if not slices then
    return { MISSING }
  end
  for slice = 0, slices - 1 do
    local found = slice_of(slice)
    local owned = found.owner and not (found.till and found.till <= time)
    local leased = owned and found.till
    all[#all + 1] = { found.epoch, owned and found.owner or '', leased and 1 or 0, found.at }
  end
  return all
end

function work.builds()
  local all = {}
  for _, field in ipairs(call('HKEYS', BUILDS)) do
    local of, number = string.match(field, '^(%d+):(%d+)$')
    if of then
      local known = call('HMGET', base_of(field) .. 'state', 'columns', 'slices')
      local live = call('HGET', BUILDS, 'live:' .. of) == number
      all[#all + 1] = { of, number, known[1], known[2], live and 1 or 0 }
    end
  end
  return all
end

function work.promote()
  if call('EXISTS', STATE) == 0 then
    return { MISSING }
  end
  call('HSET', BUILDS, LIVE, build)
  return { DONE }
end

function work.drop()
  local widths = call('HMGET', STATE, 'rows', 'parked')
  local live = call('HGET', BUILDS, LIVE)
  local keys = { STATE }
  for at, part in ipairs({ 'rows', 'parked' }) do
    keys[#keys + 1] = BASE .. part
    keys[#keys + 1] = BASE .. part .. ':key'
    for column = 0, (widths[at] or 0) - 1 do
      keys[#keys + 1] = BASE .. part .. ':' .. column
    end
  end
  -- Its memory is given back beside the server's work.
  call('UNLINK', unpack(keys))
  call('HDEL', BUILDS, this)
  if live == build then
    call('HDEL', BUILDS, LIVE)
  end
  return { DONE }
end

return work[ARGV[1]](unpack(ARGV, 5))
