-- Third of the append script: what becomes of a commit whose key is known.

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
  local given_name, given_digest = command_at(given, 41)
  if name and given_name then
    local same_shape = sub(digest, 1, 4) == sub(given_digest, 1, 4)
    return name == given_name and (not same_shape or digest == given_digest)
  end
  return sub(stored, 25, 40) == sub(given, 25, 40)
end

-- Whether a stored commit stands where the one at this place of the round expected to.
local function stands(at, directory, revisions)
  local first, count = {}, 0
  for revision in gmatch(revisions, '%d+') do
    first[#first + 1] = tonumber(revision)
  end
  local writes, tags = round[at + WRITES], round[at + TAGS]
  for stream, events in gmatch(directory, '([^\n]*)\n(%d+)\n') do
    count = count + 1
    if count > writes then
      return true
    end
    local write = at + FIXED + tags + 3 * (count - 1)
    local list, expected = round[write], round[write + 1]
    if list ~= prefix .. 's:' .. stream or round[write + 2] ~= tonumber(events) then
      return false
    end
    if (expected == NO_STREAM and first[count] ~= 0)
        or (expected >= 0 and first[count] ~= expected + 1) then
      return false
    end
  end
  return count >= writes
end

-- What becomes of it where this entry has its key, and whether those on top of it fail.
local function repeated(at, entry)
  local position, fields = match(entry[1], '^%d+'), entry[2]
  if not same_commit(fields[2], round[at + HEAD]) then
    return { REUSED, tonumber(position) }, true
  end
  local failed = not stands(at, fields[4], fields[6])
  return { REPEATED, position, fields[2], fields[4], fields[6] }, failed
end
