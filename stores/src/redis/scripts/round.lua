-- First of the append script: what is known when it begins. Four files are one script, which appends a
-- round: the runs that wait in one process.
--
-- A script does not roll back, so of each commit everything is checked, with the types of the keys,
-- before the first write of it; what follows that write cannot fail. Commits are judged and written in
-- turn, so that each sees those before it.
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

local function entry_at(position)
  local entry = call('XRANGE', LOG, position, position)[1]
  if not entry then
    error('the entry ' .. position .. ' of ' .. LOG .. ' is missing')
  end
  return entry
end
