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

local function repeated(commit, position, given)
  local entry = entry_at(position)
  local fields = entry[2]
  if not same_commit(fields[2], given) then
    return { REUSED, tonumber(position) }, true
  end
  local failed = not stands(commit[2], fields[4], fields[6])
  return { REPEATED, position, fields[2], fields[4], fields[6] }, failed
end
