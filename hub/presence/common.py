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
    attending        set   of P: who has clients (C: a client's id), which are one connection each and have no grace
    attends:P        set   of S: where P has clients
    attended:S       set   of P: who has clients there
    clients:P:S      hash  C -> entry: 1 where its leaving is told, or 0; the user's id as JSON; a line feed; its info
    users:S          hash  user's id as JSON -> clients, in all processes
    number           how many calls have changed who is told, in whatever stream, since `life` was made: what readers
                     are told carries it, since two processes may tell in another order than was decided
"""

COMMON = """
local joined, left, occupied, vacated, changed, gone = {}, {}, {}, {}, {}, {}
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

local function user_of(entry)
  return string.match(entry, '^.(.-)\\n')
end

local function put_client(process, stream, client, entry)
  local clients, users = key('clients', process .. ':' .. stream), key('users', stream)
  local before = redis.call('HGET', clients, client)
  if entry ~= '' then
    redis.call('HSET', clients, client, entry)
    redis.call('SADD', key('attended', stream), process)
    redis.call('SADD', key('attends', process), stream)
    redis.call('SADD', key('attending'), process)
    redis.call('HINCRBY', users, user_of(entry), 1)
  end
  if before and redis.call('HINCRBY', users, user_of(before), -1) == 0 then
    redis.call('HDEL', users, user_of(before))
  end
  if before and entry == '' then
    redis.call('HDEL', clients, client)
    if redis.call('EXISTS', clients) == 0 then
      redis.call('SREM', key('attended', stream), process)
      redis.call('SREM', key('attends', process), stream)
      if redis.call('EXISTS', key('attends', process)) == 0 then redis.call('SREM', key('attending'), process) end
    end
  end
end

-- One number for all that one call changes: it changes nobody twice in a stream.
local function moment()
  local number = told_changed and redis.call('INCR', key('number')) or redis.call('GET', key('number')) or 0
  return redis.call('GET', key('life')), tonumber(number)
end

local function result(more)
  return {more, joined, left, occupied, vacated, changed, gone, moment()}
end
"""
