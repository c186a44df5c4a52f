-- Opens a log, and makes it if there is none.
--
-- KEYS: the log, what is known of it. ARGV: the id of a new log, the format that this code writes.
local known = redis.call('HMGET', KEYS[2], 'id', 'format')
if known[1] then
  return { known[1], known[2] or '' }
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  return { '', '' }
end
redis.call('HSET', KEYS[2], 'id', ARGV[1], 'format', ARGV[2], 'end', '0', 'k', '', 'n', '0')
return { ARGV[1], ARGV[2] }
