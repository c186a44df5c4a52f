-- First of the append script: what is known when it begins. Five files are one script, which appends a
-- round: the runs that wait in one process.
--
-- A script does not roll back. So all of a round is judged before its first write, each commit on what
-- is stored and on what the commits before it are to add; an error while judging leaves nothing
-- written. Of the writes only the very first can be refused: Redis looks at its memory, its disk and
-- its role before the first write of a script and not again, and judging has seen the types of all keys.
--
-- KEYS: the log, what is known of it. ARGV: the prefix of all keys, the log's id, the round.
--
-- The round is one flat array (MessagePack), which is read faster than nested ones: for each run
--   how many items follow for it, place of its first commit, how many keys of earlier commits, these
--   keys, how many commits, the commits
-- and for each commit
--   key, hash of keys, head, directory of streams, lines of events, payloads, failed predecessor or -1,
--   guard or false, how many tags, how many writes, a list for each tag, and for each write its
--   list, what it expects, how many events it has
-- or of one that is bad: false, how many writes, the list of each.
local LOG, META = KEYS[1], KEYS[2]
local prefix, id, round = ARGV[1], ARGV[2], cmsgpack.unpack(ARGV[3])
local call, try, format, sub, byte = redis.call, redis.pcall, string.format, string.sub, string.byte
local gmatch, match, find = string.gmatch, string.match, string.find

-- The places of a commit's items, from its first.
local BUCKET, HEAD, DIRECTORY, LINES, PAYLOADS, FAILED, GUARDED, TAGS, WRITES = 1, 2, 3, 4, 5, 6, 7, 8, 9
local FIXED = 10
-- What becomes of a commit. One that is stored and has one write is told by its revision alone.
local STORED, REPEATED, STREAM, GUARD, REUSED, PREDECESSOR, DAMAGED = 0, 1, 2, 3, 4, 5, 6
-- Not an outcome: the guard's search would take too long in here.
local TOO_FAR = {}
local NO_STREAM, EXISTS = -2, -3
-- How many positions of a list, and entries, are looked at together.
local CHUNK = 64
-- How many entries are looked at for one part of a guard, some milliseconds; the client searches the
-- rest. One that is fetched alone, or a piece of a list, takes as long as so many in a row.
local MOST, DEAR, searches = 4096, 16, 0

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

-- Where the log ends, and where it will.
local stored = tonumber(known[2])
local newest = stored
-- The commits that are to be written: where each begins in the round, where it is to end in the log,
-- and the first revisions that its streams get, a number where there is one stream.
local planned, ends, firsts = {}, {}, {}
-- What they make of what is stored: the place of a key among them, the lengths of the lists of streams,
-- the newest entry of the lists of tags and streams.
local planned_key, lengths, planned_in = {}, {}, {}
-- The newest stored entry of lists, as far as they were looked at.
local stored_in = {}

-- Redis writes numbers with all their digits, Lua only the first 14.
local function digits(number)
  return format('%.0f', number)
end

-- Gives what a command gave, or raises its error.
local function sound(answer)
  if type(answer) == 'table' and answer.err then
    error(answer.err, 0)
  end
  return answer
end

local function newest_stored_in(list)
  local position = stored_in[list]
  if not position then
    position = tonumber(sound(try('LINDEX', list, -1)) or 0)
    stored_in[list] = position
  end
  return position
end

local function entry_at(position)
  local entry = call('XRANGE', LOG, position, position)[1]
  if not entry then
    error('the entry ' .. position .. ' of ' .. LOG .. ' is missing', 0)
  end
  return entry
end

local function firsts_of(plan)
  local first = firsts[plan]
  return type(first) == 'number' and digits(first) or first
end

-- An entry of the log, as it will be.
local function entry_of(plan)
  local at = planned[plan]
  return { digits(ends[plan]) .. '-0', {
    'h', round[at + HEAD], 'w', round[at + DIRECTORY], 'r', firsts_of(plan), 'n', round[at + LINES],
  } }
end
