-- Last of the append script: judges the round, then writes what nothing speaks against.

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

-- How many of what is planned are in the log.
local written = 0

local function write(number)
  -- Written out once: Redis would do so for each command.
  local at, position = planned[number], digits(ends[number])
  -- First, as it is the one that may be refused.
  call('XADD', LOG, position, 'h', round[at + HEAD], 'w', round[at + DIRECTORY], 'r', firsts[number],
    'n', round[at + LINES], 'p', round[at + PAYLOADS])
  written = number
  call('HSET', round[at + BUCKET], round[at], position)
  local first = at + FIXED + round[at + TAGS]
  for tag = at + FIXED, first - 1 do
    call('RPUSH', round[tag], position)
  end
  for list = first, first + 3 * (round[at + WRITES] - 1), 3 do
    push(round[list], position, round[list + 2])
  end
end

local answer, at = { id, 0 }, 1
while round[at] do
  answer[#answer + 1] = judge_run(at)
  at = at + 1 + round[at]
end
answer[2] = newest

local fine, problem = pcall(function()
  for number = 1, #planned do
    write(number)
  end
end)
if written > 0 then
  local last = ends[written]
  local before = ends[written - 1] or stored
  call('HSET', META, 'end', last, 'k', sub(round[planned[written] + HEAD], 1, 24), 'n', last - before)
end
if not fine then
  local what = type(problem) == 'table' and problem.err or tostring(problem)
  -- Not known to happen.
  return redis.error_reply((written > 0 and 'PARTLY ' or '') .. what)
end
return answer
