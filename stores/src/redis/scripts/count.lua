-- How many rows there are in ranges of indexes, at this moment.
--
-- KEYS: the state of the building. ARGV: for each index its key, how many ranges, and the two bounds of
-- each.
local call = redis.call
if call('EXISTS', KEYS[1]) == 0 then
  return {}
end
local counts, at = {}, 1
while ARGV[at] do
  local count, ranges = 0, tonumber(ARGV[at + 1])
  for range = at + 2, at + 2 * ranges, 2 do
    count = count + call('ZLEXCOUNT', ARGV[at], ARGV[range], ARGV[range + 1])
  end
  counts[#counts + 1] = count
  at = at + 2 + 2 * ranges
end
return counts
