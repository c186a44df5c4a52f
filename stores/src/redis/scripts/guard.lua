-- Second of the append script: whether something has happened that a guard forbids.

-- Where an event of a stream stands in an entry, after a position.
local function in_stream(stream)
  return function(position, after, fields)
    for name, count in gmatch(fields[4], '([^\n]*)\n(%d+)\n') do
      local last = position + tonumber(count)
      if name == stream and last > after then
        return math.max(position, after) + 1
      end
      position = last
    end
  end
end

local function contains(list, wanted)
  for _, item in ipairs(list) do
    if item == wanted then
      return true
    end
  end
  return false
end

local function matches(clause, line)
  local name, tags = match(line, '^([^\t]*)\t%d+\t%d+(.*)$')
  local contexts, names = clause[1], clause[2]
  if (#contexts > 0 or #names > 0) and not contains(names, name)
      and not contains(contexts, match(name, '^(.*)%.') or '') then
    return false
  end
  tags = tags .. '\t'
  for _, tag in ipairs(clause[3]) do
    if not find(tags, '\t' .. tag .. '\t', 1, true) then
      return false
    end
  end
  return true
end

local function in_clause(clause)
  return function(position, after, fields)
    for line in gmatch(fields[8], '([^\n]*)\n') do
      position = position + 1
      if position > after and matches(clause, line) then
        return position
      end
    end
  end
end

local function first_in(entry, after, own, where)
  local fields = entry[2]
  if own[sub(fields[2], 1, 16)] then
    return nil
  end
  local _, events = string.gsub(fields[8], '\n', '\n')
  return where(tonumber(match(entry[1], '^%d+')) - events, after, fields)
end

local function searched(entries)
  searches = searches + entries
  if searches > MOST then
    error(TOO_FAR, 0)
  end
end

-- The first match after a position among the commits that are to be written before.
local function among_planned(after, before, own, where)
  for plan = 1, #planned do
    if ends[plan] > before then
      return nil
    end
    if ends[plan] > after then
      local found = first_in(entry_of(plan), after, own, where)
      if found then
        return found
      end
    end
  end
end

-- The first match after a position among all entries.
local function scan(after, before, own, where)
  searches = 0
  local from = '(' .. digits(after) .. '-0'
  while true do
    local entries = call('XRANGE', LOG, from, digits(before), 'COUNT', CHUNK)
    searched(#entries)
    for _, entry in ipairs(entries) do
      local found = first_in(entry, after, own, where)
      if found then
        return found
      end
      from = '(' .. entry[1]
    end
    if #entries < CHUNK then
      return among_planned(after, before, own, where)
    end
  end
end

-- The stored entries of a list that end after a position, newest first.
local function listed(list, after)
  -- What a guard has not seen is mostly a few entries.
  local found, at, last, chunk = {}, -1, nil, 4
  while true do
    local some = call('LRANGE', list, at - chunk + 1, at)
    searched(DEAR)
    for i = #some, 1, -1 do
      if tonumber(some[i]) <= after then
        return found
      end
      if some[i] ~= last then
        last = some[i]
        found[#found + 1] = last
      end
    end
    if #some < chunk then
      return found
    end
    at, chunk = at - chunk, CHUNK
  end
end

local function look_up(list, after, before, own, where)
  searches = 0
  if newest_stored_in(list) > after then
    local entries = listed(list, after)
    for i = #entries, 1, -1 do
      searched(DEAR)
      local found = first_in(entry_at(entries[i]), after, own, where)
      if found then
        return found
      end
    end
  end
  if (planned_in[list] or 0) > after then
    return among_planned(after, before, own, where)
  end
end

-- The first event that a guard forbids, of those up to `before`, which no earlier commit of its run is
-- among. Guards are {after, stream or false, clauses, found or -1}.
local function forbidden(guard, before, own)
  local after = guard[1]
  if guard[4] >= 0 then
    return guard[4]
  end
  if after >= before then
    return nil
  end
  if guard[2] then
    return look_up(prefix .. 's:' .. guard[2], after, before, own, in_stream(guard[2]))
  end
  local first
  for _, clause in ipairs(guard[3]) do
    local found
    if #clause[3] > 0 then
      found = look_up(prefix .. 't:' .. clause[3][1], after, before, own, in_clause(clause))
    else
      found = scan(after, before, own, in_clause(clause))
    end
    if found and (not first or found < first) then
      first = found
    end
  end
  return first
end
