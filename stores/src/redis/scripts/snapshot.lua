-- Keeps a snapshot unless a newer one is there.
--
-- KEYS: the snapshots of a stream. ARGV: the field, the revision, the snapshot.
local kept = redis.call('HGET', KEYS[1], ARGV[1] .. ':revision')
if not kept or tonumber(kept) <= tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3], ARGV[1] .. ':revision', ARGV[2])
end
return 1
