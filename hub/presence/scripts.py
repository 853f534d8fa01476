"""What happens in Redis, as Lua scripts: each runs as a whole or not at all, and reads the time of Redis' own clock.

That is a time of day, which may be set, and Redis may be stopped for a while: so the scripts count a time of their
own, `now`, which goes on by what Redis' clock has gone on since the last script ran, and by two seconds at most. A
clock that jumps, or a pause, makes nobody look dead, and nobody live on for an hour.

Keys, all below one prefix (S: a stream, P: a process, U: a user):

    clock            hash  wall -> Redis' clock when the last script ran, now -> the scripts' own time then
    life             random; made when nothing was there. Another one than before: Redis has lost everything
    young            until when not everybody has written their entries yet, after `life` was made
    processes        zset  P -> when it counts as dead, unless it refreshes that
    dying            hash  P -> milliseconds of grace; its entries are being removed
    process:P        set   of S: where P has entries
    where:S          set   of P: who has entries there
    entries:P:S      hash  U -> connections
    connections:S    hash  P -> connections
    here:S           set   of U: who has an entry in any process
    told:S           zset  U -> since when: whose joining was told, and whose leaving was not; all of here:S are in it
    due              zset  "U S" -> when the leaving is to be told, unless U comes back
    again            zset  S -> when the whole of S is to be told
    large            set   of S: too large to tell of single users
    number           how many calls have changed who is told, in whatever stream, since `life` was made: what readers
                     are told carries it, since two processes may tell in another order than was decided
"""

_COMMON = """
local joined, left, occupied, vacated, changed = {}, {}, {}, {}, {}
local told_changed = false

local function key(kind, name)
  return KEYS[1] .. kind .. (name and ':' .. name or '')
end

local function read_clock()
  local time = redis.call('TIME')
  local wall = time[1] * 1000 + math.floor(time[2] / 1000)
  local last = redis.call('HMGET', key('clock'), 'wall', 'now')
  local now = wall
  if last[1] then now = tonumber(last[2]) + math.min(math.max(wall - tonumber(last[1]), 0), 2000) end
  redis.call('HSET', key('clock'), 'wall', wall, 'now', now)
  return now
end

local now = read_clock()

local function is_young()
  return tonumber(redis.call('GET', key('young')) or 0) > now
end

local function entries_of(process, stream)
  return key('entries', process .. ':' .. stream)
end

local function is_registered(process, life)
  return redis.call('GET', key('life')) == life and redis.call('ZSCORE', key('processes'), process)
end

local function add(list, ...)
  for _, value in ipairs({...}) do list[#list + 1] = value end
end

local function is_told_singly(stream, large, interval)
  if stream == '' then return true end
  local sum = 0
  for _, count in ipairs(redis.call('HVALS', key('connections', stream))) do sum = sum + count end
  if sum > large then
    redis.call('SADD', key('large'), stream)
  elseif not redis.call('ZSCORE', key('again'), stream) and redis.call('SREM', key('large'), stream) == 0 then
    return true
  end
  redis.call('ZADD', key('again'), 'NX', now + interval, stream)
  return false
end

local function is_held(stream, user)
  for _, process in ipairs(redis.call('SMEMBERS', key('where', stream))) do
    if redis.call('HEXISTS', entries_of(process, stream), user) == 1 then return true end
  end
  return false
end

local function put(process, stream, user, count)
  local entries = entries_of(process, stream)
  local before = tonumber(redis.call('HGET', entries, user) or 0)
  if count > 0 then
    redis.call('HSET', entries, user, count)
    redis.call('SADD', key('where', stream), process)
    redis.call('SADD', key('process', process), stream)
  else
    redis.call('HDEL', entries, user)
  end
  if count ~= before then redis.call('HINCRBY', key('connections', stream), process, count - before) end
  if redis.call('EXISTS', entries) == 0 then
    redis.call('HDEL', key('connections', stream), process)
    redis.call('SREM', key('where', stream), process)
    redis.call('SREM', key('process', process), stream)
  end
end

local function depart(stream, user, grace)
  redis.call('SREM', key('here', stream), user)
  if redis.call('ZSCORE', key('told', stream), user) then
    redis.call('ZADD', key('due'), 'NX', now + grace, user .. ' ' .. stream)
  end
end

-- One number for all that one call changes: it changes nobody twice in a stream.
local function moment()
  local number = told_changed and redis.call('INCR', key('number')) or redis.call('GET', key('number')) or 0
  return redis.call('GET', key('life')), tonumber(number)
end

local function result(more)
  return {more, joined, left, occupied, vacated, changed, moment()}
end
"""

#: ARGV: process, milliseconds to live, a fresh value for `life`, milliseconds for which it is young.
#: Returns `life`.
REGISTER = (
    _COMMON
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
    _COMMON
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
    _COMMON
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
    _COMMON
    + """
if redis.call('ZREM', key('processes'), ARGV[1]) == 1 then redis.call('HSET', key('dying'), ARGV[1], ARGV[2]) end
"""
)

#: ARGV: stream, how many users to list.
#: Returns the number of users to list, that of those who have a connection, that of connections, and user,
#: connections, …, then `life` and the number of the last change; or nothing where it is not known.
READ = (
    _COMMON
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
