"""What happens to users in Redis, and to processes, as Lua scripts. `hub/presence/common.py` tells of the keys."""

from hub.presence.common import COMMON

#: ARGV: process, milliseconds to live, a fresh value for `life`, milliseconds for which it is young.
#: Returns `life`.
REGISTER = (
    COMMON
    + """
local process, ttl, fresh, settle = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local life = redis.call('GET', key('life'))
if not life then
  life = fresh
  redis.call('SET', key('life'), life)
  redis.call('SET', key('young'), now + settle)
end
redis.call('ZADD', key('processes'), now + ttl, process)
return life
"""
)

#: ARGV: process, its `life`, milliseconds of grace, connections beyond which a stream is large, milliseconds between
#: two tellings of the whole, 1 to tell nobody, then stream, user and connections for each entry.
#: Returns the result, or nothing where the process is not registered (any more).
RECORD = (
    COMMON
    + """
local process, life, grace, large, interval = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local quiet = ARGV[6] == '1'
if not is_registered(process, life) then return false end

local function arrive(stream, user)
  redis.call('ZREM', key('due'), user .. ' ' .. stream)
  redis.call('SADD', key('here', stream), user)
  local first = redis.call('EXISTS', key('told', stream)) == 0
  if redis.call('ZADD', key('told', stream), 'NX', now, user) == 0 then return end
  told_changed = true
  if quiet then
    if stream ~= '' then redis.call('ZADD', key('again'), 'NX', now + interval, stream) end
    return
  end
  if first and stream ~= '' then add(occupied, stream) end
  if is_told_singly(stream, large, interval) then add(joined, stream, user) end
end

for at = 7, #ARGV, 3 do
  local stream, user, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  put(process, stream, user, count)
  if count > 0 then
    arrive(stream, user)
  elseif not is_held(stream, user) then
    depart(stream, user, grace)
  end
end
return result(0)
"""
)

#: ARGV: process, its `life`, milliseconds to live, connections beyond which a stream is large, milliseconds between
#: two tellings of the whole, entries to look at.
#: Returns the result, `more` being 1 where there is more to do at once; or nothing as above.
TICK = (
    COMMON
    + """
local process, life, ttl, large, interval, budget =
  ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if not is_registered(process, life) then return false end
redis.call('ZADD', key('processes'), now + ttl, process)
-- Until everybody has written their entries, nobody can be missed.
if is_young() then return result(0) end
local more = 0

local function remove_entries(dead, stream, grace)
  -- On and on until something is found: at the beginning of a large hash is what earlier calls have emptied.
  local cursor, found = '0', {}
  repeat
    local page = redis.call('HSCAN', entries_of(dead, stream), cursor, 'COUNT', 100)
    cursor, found = page[1], page[2]
  until #found > 0 or cursor == '0'
  for at = 1, #found, 2 do
    put(dead, stream, found[at], 0)
    if not is_held(stream, found[at]) then depart(stream, found[at], grace) end
  end
  budget = budget - #found / 2 - 1
end

local function remove_clients(dead, stream)
  local cursor, found = '0', {}
  repeat
    local page = redis.call('HSCAN', key('clients', dead .. ':' .. stream), cursor, 'COUNT', 100)
    cursor, found = page[1], page[2]
  until #found > 0 or cursor == '0'
  for at = 1, #found, 2 do
    put_client(dead, stream, found[at], '')
    if string.sub(found[at + 1], 1, 1) == '1' then add(gone, stream, found[at + 1]) end
  end
  budget = budget - #found / 2 - 1
end

for _, dead in ipairs(redis.call('ZRANGEBYSCORE', key('processes'), '-inf', now)) do
  redis.call('ZREM', key('processes'), dead)
  redis.call('HSET', key('dying'), dead, 0)
end
local dying = redis.call('HGETALL', key('dying'))
for at = 1, #dying, 2 do
  for _, stream in ipairs(redis.call('SRANDMEMBER', key('process', dying[at]), 100)) do
    if budget > 0 then remove_entries(dying[at], stream, tonumber(dying[at + 1])) end
  end
  if redis.call('EXISTS', key('process', dying[at])) == 0 then
    redis.call('HDEL', key('dying'), dying[at])
  else
    more = 1
  end
end

-- Not out of `dying`: a process of an older version, which knows of no clients, removes what it is done with there.
for _, dead in ipairs(redis.call('SMEMBERS', key('attending'))) do
  if not redis.call('ZSCORE', key('processes'), dead) then
    for _, stream in ipairs(redis.call('SRANDMEMBER', key('attends', dead), 100)) do
      if budget > 0 then remove_clients(dead, stream) end
    end
    if redis.call('EXISTS', key('attends', dead)) == 1 then more = 1 end
  end
end

for _, member in ipairs(redis.call('ZRANGEBYSCORE', key('due'), '-inf', now, 'LIMIT', 0, math.max(budget, 1))) do
  redis.call('ZREM', key('due'), member)
  local user, stream = string.match(member, '^(%S+) (.*)$')
  local gone = redis.call('SISMEMBER', key('here', stream), user) == 0
  if gone and redis.call('ZREM', key('told', stream), user) == 1 then
    told_changed = true
    if is_told_singly(stream, large, interval) then add(left, stream, user) end
    if stream ~= '' and redis.call('EXISTS', key('told', stream)) == 0 then
      add(vacated, stream)
      redis.call('SREM', key('large'), stream)
      redis.call('ZREM', key('again'), stream)
    end
  end
  budget = budget - 1
end
if budget <= 0 then more = 1 end

for _, stream in ipairs(redis.call('ZRANGEBYSCORE', key('again'), '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', key('again'), stream)
  add(changed, stream)
end
return result(more)
"""
)

#: ARGV: process, milliseconds of grace.
WITHDRAW = (
    COMMON
    + """
if redis.call('ZREM', key('processes'), ARGV[1]) == 1 then redis.call('HSET', key('dying'), ARGV[1], ARGV[2]) end
"""
)

#: ARGV: stream, how many users to list.
#: Returns the number of users to list, that of those who have a connection, that of connections, and user,
#: connections, …, then `life` and the number of the last change; or nothing where it is not known.
READ = (
    COMMON
    + """
local stream, limit = ARGV[1], tonumber(ARGV[2])
if redis.call('EXISTS', key('life')) == 0 or is_young() then return false end
local living, connections = {}, 0
for _, process in ipairs(redis.call('SMEMBERS', key('where', stream))) do
  local until_when = redis.call('ZSCORE', key('processes'), process)
  if until_when and tonumber(until_when) > now then
    add(living, process)
    connections = connections + tonumber(redis.call('HGET', key('connections', stream), process) or 0)
  end
end
if redis.call('ZCOUNT', key('processes'), now, '+inf') == 0 then return {0, 0, 0, {}, moment()} end
local total, here = redis.call('ZCARD', key('told', stream)), redis.call('SCARD', key('here', stream))
local users, found = {}, 0
for _, user in ipairs(limit > 0 and redis.call('ZRANGE', key('told', stream), 0, limit - 1) or {}) do
  local own = 0
  for _, process in ipairs(living) do
    own = own + tonumber(redis.call('HGET', entries_of(process, stream), user) or 0)
  end
  if own > 0 then found = found + 1 end
  add(users, user, own)
end
-- Those whose process is dead, and is not removed yet, are not counted where all are looked at.
if total <= limit then here = found end
return {total, here, connections, users, moment()}
"""
)

#: Returns how many processes live.
LIVING = COMMON + "return redis.call('ZCOUNT', key('processes'), '(' .. now, '+inf')"
