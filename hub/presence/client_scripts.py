"""What happens to clients in Redis, as Lua scripts. `hub/presence/common.py` tells of the keys."""

from hub.presence.common import COMMON

#: ARGV: process, its `life`, then stream, client and entry for each; an empty entry: it has left.
#: Returns 1, or nothing where the process is not registered (any more).
RECORD_CLIENTS = (
    COMMON
    + """
if not is_registered(ARGV[1], ARGV[2]) then return false end
for at = 3, #ARGV, 3 do put_client(ARGV[1], ARGV[at], ARGV[at + 1], ARGV[at + 2]) end
return 1
"""
)

#: ARGV: stream, how many clients to list, how many bytes of entries.
#: Returns the number of clients, that of users, and client, entry, …; or nothing where it is not known.
READ_CLIENTS = (
    COMMON
    + """
local stream, limit, bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('EXISTS', key('life')) == 0 or is_young() then return false end
local living, total, dead = {}, 0, false
for _, process in ipairs(redis.call('SMEMBERS', key('attended', stream))) do
  local until_when = redis.call('ZSCORE', key('processes'), process)
  if until_when and tonumber(until_when) > now then
    add(living, key('clients', process .. ':' .. stream))
    total = total + redis.call('HLEN', living[#living])
  else
    dead = true
  end
end
local users = redis.call('HLEN', key('users', stream))
if dead then
  -- Those whose process is dead, and is not removed yet, are not counted: that lasts a moment.
  local seen = {}
  users = 0
  for _, clients in ipairs(living) do
    for _, entry in ipairs(redis.call('HVALS', clients)) do
      local user = user_of(entry)
      if not seen[user] then seen[user], users = true, users + 1 end
    end
  end
end
local listed = {}
for _, clients in ipairs(limit > 0 and living or {}) do
  local cursor = '0'
  repeat
    local page = redis.call('HSCAN', clients, cursor, 'COUNT', 100)
    cursor = page[1]
    for at = 1, #page[2], 2 do
      bytes = bytes - #page[2][at + 1]
      if #listed < 2 * limit and bytes >= 0 then add(listed, page[2][at], page[2][at + 1]) end
    end
  until cursor == '0' or #listed >= 2 * limit or bytes < 0
end
return {total, users, listed}
"""
)
