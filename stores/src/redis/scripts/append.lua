-- Last of the append script: judges the commits one by one, and writes those that nothing speaks
-- against.

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
