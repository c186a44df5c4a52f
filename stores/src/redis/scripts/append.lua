-- Appends a round: the runs that wait in one process. A script does not roll back, so of each commit
-- everything is checked, with the types of the keys, before the first write of it; what follows that
-- write cannot fail.
--
-- KEYS: the log, what is known of it. ARGV: the prefix of all keys, the log's id, the stamp of this
-- round, the runs (MessagePack), then four for each commit that is not bad: digest and metadata,
-- directory of streams, lines of events, payloads.
--
-- A run is {place of its first commit, keys of its earlier commits, commits}; a commit is
-- {key, writes, tags, guard, failed predecessor or -1}, a write {stream, expected, events}.
local LOG, META = KEYS[1], KEYS[2]
local prefix, id, stamp = ARGV[1], ARGV[2], ARGV[3]
local call, format, sub, byte = redis.call, string.format, string.sub, string.byte
local gmatch, match, find = string.gmatch, string.match, string.find

-- What becomes of a commit.
local STORED, REPEATED, STREAM, GUARD, REUSED, PREDECESSOR, DAMAGED = 0, 1, 2, 3, 4, 5, 6
-- Not an outcome: the guard's search would take too long in here.
local TOO_FAR = {}
local NO_STREAM, EXISTS = -2, -3
-- How many positions of a list, and entries, are looked at together.
local CHUNK = 64
-- How many are looked at for one part of a guard. What the client leaves is less, but for what others
-- wrote meanwhile.
local MOST, searches = 4096, 0

local known = call('HMGET', META, 'id', 'end')
if known[1] ~= id then
  return { known[1] or '' }
end
if redis.acl_check_cmd then
  if not (redis.acl_check_cmd('XADD', LOG, '*', 'a', 'b')
      and redis.acl_check_cmd('HSET', META, 'a', 'b')
      and redis.acl_check_cmd('RPUSH', prefix .. 's:', 'a')) then
    return redis.error_reply('NOPERM the user may not run XADD, HSET and RPUSH on ' .. prefix .. '*')
  end
end

local newest = tonumber(known[2])
local last_head, last_count
local argument = 4

local function positive(number)
  return format('%.0f', number)
end

local function bucket_of(key)
  return format('%sk:%02x%02x', prefix, byte(key, 15, 16))
end

-- The name and digest of the command that is written at this place of a commit's head.
local function command_at(head, at)
  local length = byte(head, at) * 256 + byte(head, at + 1)
  if length == 0 then
    return nil
  end
  return sub(head, at + 2, at + length), sub(head, at + 1 + length, at + 8 + length)
end

local function same_commit(stored, given)
  local name, digest = command_at(stored, 41)
  local given_name, given_digest = command_at(given, 17)
  if name and given_name then
    local same_shape = sub(digest, 1, 4) == sub(given_digest, 1, 4)
    return name == given_name and (not same_shape or digest == given_digest)
  end
  return sub(stored, 25, 40) == sub(given, 1, 16)
end

-- Whether a stored commit stands where this one expected to.
local function stands(writes, directory, firsts)
  local first, at = {}, 0
  for revision in gmatch(firsts, '%d+') do
    first[#first + 1] = tonumber(revision)
  end
  for stream, count in gmatch(directory, '([^\n]*)\n(%d+)\n') do
    at = at + 1
    local write = writes[at]
    if not write then
      return true
    end
    local expected = write[2]
    if write[1] ~= stream or write[3] ~= tonumber(count) then
      return false
    end
    if (expected == NO_STREAM and first[at] ~= 0)
        or (expected >= 0 and first[at] ~= expected + 1) then
      return false
    end
  end
  return at >= #writes
end

local function entry_at(position)
  local entry = call('XRANGE', LOG, position, position)[1]
  if not entry then
    error('the entry ' .. position .. ' of ' .. LOG .. ' is missing')
  end
  return entry
end

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
    error(TOO_FAR)
  end
end

-- The first match after a position among all entries.
local function scan(after, before, own, where)
  searches = 0
  local from = '(' .. positive(after) .. '-0'
  while true do
    local entries = call('XRANGE', LOG, from, positive(before), 'COUNT', CHUNK)
    searched(#entries)
    for _, entry in ipairs(entries) do
      local found = first_in(entry, after, own, where)
      if found then
        return found
      end
      from = '(' .. entry[1]
    end
    if #entries < CHUNK then
      return nil
    end
  end
end

-- The entries of a list that end after a position, newest first.
local function listed(list, after, before)
  local found, at, last = {}, -1, nil
  while true do
    local chunk = call('LRANGE', list, at - CHUNK + 1, at)
    searched(1)
    for i = #chunk, 1, -1 do
      local position = tonumber(chunk[i])
      if position <= after then
        return found
      end
      if position <= before and chunk[i] ~= last then
        last = chunk[i]
        found[#found + 1] = last
      end
    end
    if #chunk < CHUNK then
      return found
    end
    at = at - CHUNK
  end
end

local function look_up(list, after, before, own, where)
  searches = 0
  local entries = listed(list, after, before)
  for i = #entries, 1, -1 do
    searched(1)
    local found = first_in(entry_at(entries[i]), after, own, where)
    if found then
      return found
    end
  end
end

-- The first event that a guard forbids. Guards are {after, stream or false, clauses, found or -1}.
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

local function repeated(commit, position, given)
  local entry = entry_at(position)
  local fields = entry[2]
  if not same_commit(fields[2], given) then
    return { REUSED, tonumber(position) }, true
  end
  local failed = not stands(commit[2], fields[4], fields[6])
  return { REPEATED, position, fields[2], fields[4], fields[6] }, failed
end

-- What speaks against a commit, and whether those on top of it fail with it; otherwise the lengths of
-- its streams.
local function judge(commit, past, own, before, given)
  local key, writes = commit[1], commit[2]
  local position = call('HGET', bucket_of(key), key)
  if position then
    local outcome, failed = repeated(commit, position, given)
    if outcome[1] == REPEATED then
      own[key] = true
    end
    return outcome, failed
  end
  local failed = commit[5] >= 0 and commit[5] or nil
  if not failed and commit[4] then
    failed = past.first
  elseif not failed then
    for _, write in ipairs(writes) do
      local index = past.streams[write[1]]
      if index and (not failed or index < failed) then
        failed = index
      end
    end
  end
  if failed then
    return { PREDECESSOR, failed }, true
  end
  local lengths, off = {}, nil
  for at, write in ipairs(writes) do
    local length, expected = call('LLEN', prefix .. 's:' .. write[1]), write[2]
    lengths[at] = length
    if not off and ((expected == NO_STREAM and length > 0) or (expected == EXISTS and length == 0)
        or (expected >= 0 and expected + 1 ~= length)) then
      off = { STREAM, at - 1, length - 1 }
    end
  end
  if off then
    return off, true
  end
  local found = commit[4] and forbidden(commit[4], before, own)
  if found then
    return { GUARD, found }, true
  end
  for _, tag in ipairs(commit[3]) do
    call('LLEN', prefix .. 't:' .. tag)
  end
  return nil, false, lengths
end

local function push(list, position, count)
  while count > CHUNK do
    push(list, position, CHUNK)
    count = count - CHUNK
  end
  if count == 1 then
    call('RPUSH', list, position)
  else
    local positions = {}
    for at = 1, count do
      positions[at] = position
    end
    call('RPUSH', list, unpack(positions))
  end
end

local function write(commit, lengths, at)
  local key, firsts, count = commit[1], {}, 0
  local outcome = { STORED, 0 }
  for i, one in ipairs(commit[2]) do
    firsts[i] = positive(lengths[i])
    outcome[i + 2] = lengths[i]
    count = count + one[3]
  end
  local position = positive(newest + count)
  local head = key .. stamp
  -- First, as it is the one that refuses: an entry that is not the newest, a full memory, a log that
  -- is something else.
  call('XADD', LOG, position .. '-0', 'h', head .. ARGV[at], 'w', ARGV[at + 1],
    'r', table.concat(firsts, ' '), 'n', ARGV[at + 2], 'p', ARGV[at + 3])
  newest, last_head, last_count = newest + count, head, count
  outcome[2] = newest
  call('HSET', bucket_of(key), key, position)
  for _, one in ipairs(commit[2]) do
    push(prefix .. 's:' .. one[1], position, one[3])
  end
  for _, tag in ipairs(commit[3]) do
    call('RPUSH', prefix .. 't:' .. tag, position)
  end
  return outcome
end

local function append(run)
  local base, own, before = run[1], {}, newest
  for _, key in ipairs(run[2]) do
    own[key] = true
  end
  local past, outcomes = { streams = {} }, {}
  for i, commit in ipairs(run[3]) do
    local outcome, failed, lengths = { PREDECESSOR, -1 }, true, nil
    local at = argument + 1
    if commit[1] then
      argument = argument + 4
      local sound
      sound, outcome, failed, lengths = pcall(judge, commit, past, own, before, ARGV[at])
      if not sound and outcome == TOO_FAR then
        -- This commit and the rest of its run are for another round; their arguments are passed by.
        for j = i + 1, #run[3] do
          argument = argument + (run[3][j][1] and 4 or 0)
        end
        return outcomes
      end
      if not sound then
        local what = type(outcome) == 'table' and outcome.err or tostring(outcome)
        outcome, failed = { DAMAGED, what }, true
      end
    end
    if not outcome then
      outcome = write(commit, lengths, at)
    end
    if failed then
      local index = base + i - 1
      past.first = past.first or index
      for _, one in ipairs(commit[2]) do
        past.streams[one[1]] = past.streams[one[1]] or index
      end
    end
    outcomes[i] = outcome
  end
  return outcomes
end

local runs = cmsgpack.unpack(ARGV[4])
local answer = { id }
local sound, problem = pcall(function()
  for i, run in ipairs(runs) do
    answer[i + 1] = append(run)
  end
end)
if last_head then
  call('HSET', META, 'end', positive(newest), 'k', last_head, 'n', last_count)
end
if not sound then
  local what = type(problem) == 'table' and problem.err or tostring(problem)
  if last_head then
    what = 'PARTLY ' .. what
  end
  return redis.error_reply(what)
end
return answer
