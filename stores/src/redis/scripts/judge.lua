-- Fourth of the append script: judges the commits one by one, on what is stored and on what those
-- before them will add, and writes nothing.

-- The first failed commit of its run that one is on top of.
local function predecessor(at, past)
  if round[at + FAILED] >= 0 then
    return round[at + FAILED]
  end
  if not past.first or round[at + GUARDED] then
    return past.first
  end
  local failed
  local first = at + FIXED + round[at + TAGS]
  for write = first, first + 3 * (round[at + WRITES] - 1), 3 do
    local index = past.streams[round[write]]
    if index and (not failed or index < failed) then
      failed = index
    end
  end
  return failed
end

-- Which of its streams is not as it expects.
local function unexpected(at)
  local off
  local first = at + FIXED + round[at + TAGS]
  for number = 0, round[at + WRITES] - 1 do
    local list, expected = round[first + 3 * number], round[first + 3 * number + 1]
    local length = lengths[list]
    if not length then
      length = sound(try('LLEN', list))
      lengths[list] = length
    end
    if not off and ((expected == NO_STREAM and length > 0) or (expected == EXISTS and length == 0)
        or (expected >= 0 and expected + 1 ~= length)) then
      off = { STREAM, number, length - 1 }
    end
  end
  return off
end

-- What speaks against a commit, and whether those on top of it fail with it.
local function judge(at, past, own, before)
  local key = round[at]
  local twin = planned_key[key]
  local position = not twin and sound(try('HGET', round[at + BUCKET], key))
  if twin or position then
    local outcome, failed = repeated(at, twin and entry_of(twin) or entry_at(position))
    if outcome[1] == REPEATED then
      own[key] = true
    end
    return outcome, failed
  end
  local failed = predecessor(at, past)
  if failed then
    return { PREDECESSOR, failed }, true
  end
  local off = unexpected(at)
  if off then
    return off, true
  end
  local guard = round[at + GUARDED]
  local found = guard and forbidden(guard, before, own)
  if found then
    return { GUARD, found }, true
  end
  -- Not only for guards: it fails where the list is another program's.
  for tag = at + FIXED, at + FIXED + round[at + TAGS] - 1 do
    newest_stored_in(round[tag])
  end
end

-- Notes what a commit will write; what becomes of it.
local function plan(at)
  local tags, writes = round[at + TAGS], round[at + WRITES]
  local first, number = at + FIXED + tags, #planned + 1
  local revisions
  if writes == 1 then
    local list, events = round[first], round[first + 2]
    revisions = lengths[list]
    lengths[list], newest = revisions + events, newest + events
    planned_in[list] = newest
    firsts[number] = revisions
  else
    revisions = { STORED }
    local text = {}
    for write = 1, writes do
      local list, events = round[first + 3 * write - 3], round[first + 3 * write - 1]
      local length = lengths[list]
      revisions[write + 1], text[write] = length, digits(length)
      lengths[list], newest = length + events, newest + events
    end
    for write = 1, writes do
      planned_in[round[first + 3 * write - 3]] = newest
    end
    firsts[number] = table.concat(text, ' ')
  end
  for tag = at + FIXED, first - 1 do
    planned_in[round[tag]] = newest
  end
  planned[number], ends[number], planned_key[round[at]] = at, newest, number
  return revisions
end

-- Takes back what was planned since.
local function drop_plans(kept, ended)
  for number = #planned, kept + 1, -1 do
    local at = planned[number]
    local first = at + FIXED + round[at + TAGS]
    for write = first, first + 3 * (round[at + WRITES] - 1), 3 do
      lengths[round[write]] = lengths[round[write]] - round[write + 2]
    end
    planned_key[round[at]] = nil
    planned[number], ends[number], firsts[number] = nil, nil, nil
  end
  newest = ended
end

local function note_failed(past, index, first, writes, step)
  past.first = past.first or index
  for write = first, first + step * (writes - 1), step do
    past.streams[round[write]] = past.streams[round[write]] or index
  end
end

-- Judges the run at this place of the round: where the log ended before it, then what becomes of each
-- commit. Where one cannot be judged, nothing of the run is written, and all are said to be damaged.
local function judge_run(at)
  local base, earlier = round[at + 1], round[at + 2]
  local own, before, past, outcomes = {}, newest, { streams = {} }, { newest }
  local kept = #planned
  for key = at + 3, at + 2 + earlier do
    own[round[key]] = true
  end
  at = at + 3 + earlier
  local commits = round[at]
  at = at + 1
  for index = base, base + commits - 1 do
    if round[at] then
      local fine, outcome, failed = pcall(judge, at, past, own, before)
      if not fine and outcome == TOO_FAR then
        -- This commit and the rest of its run are for another round.
        return outcomes
      end
      if not fine then
        drop_plans(kept, before)
        local what = { DAMAGED, type(outcome) == 'table' and outcome.err or tostring(outcome) }
        for number = 2, index - base + 2 do
          outcomes[number] = what
        end
        return outcomes
      end
      outcomes[#outcomes + 1] = outcome or plan(at)
      local first = at + FIXED + round[at + TAGS]
      if failed then
        note_failed(past, index, first, round[at + WRITES], 3)
      end
      at = first + 3 * round[at + WRITES]
    else
      outcomes[#outcomes + 1] = { PREDECESSOR, -1 }
      note_failed(past, index, at + 2, round[at + 1], 1)
      at = at + 2 + round[at + 1]
    end
  end
  return outcomes
end
