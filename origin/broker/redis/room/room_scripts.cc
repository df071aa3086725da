#include "origin/broker/redis/room/room_scripts.h"

#include <string>

namespace viaduct::origin {
namespace {

// The code with which several scripts begin.
constexpr char kCommon[] = R"lua(
local function last_id(stream, kept)
  if redis.call('EXISTS', stream) == 0 then return redis.call('GET', kept) or '0-0' end
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
  return '0-0'
end
local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local function pack(list)
  local out = {}
  for i, text in ipairs(list) do out[i] = #text .. ':' .. text end
  return table.concat(out)
end
)lua";

constexpr char kAppend[] = R"lua(
local channel, task, keep, age, ttl = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local last = redis.call('GET', KEYS[2]) or '0'
local previous = last_id(KEYS[1], KEYS[3])
local named = false
for i = 7, #ARGV, 5 do named = named or ARGV[i + 4] ~= '' end
local told = {named and 'N' or 'M', previous, task}
local place = '*'
if redis.call('EXISTS', KEYS[1]) == 0 then
  -- A stream that has expired continues behind its last entry, even if the clock was set back.
  local millis, sequence = string.match(previous, '^(%d+)-(%d+)$')
  if tonumber(millis) >= now_ms() then place = millis .. '-' .. string.format('%.0f', tonumber(sequence) + 1) end
end
for i = 7, #ARGV, 5 do
  if tonumber(ARGV[i]) > tonumber(last) then
    local fields = {'p', previous, 't', task, 'n', ARGV[i], 'i', ARGV[i + 1], 's', ARGV[i + 2], 'm', ARGV[i + 3]}
    if ARGV[i + 4] ~= '' then
      fields[#fields + 1] = 'a'
      fields[#fields + 1] = ARGV[i + 4]
    end
    local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', keep, place, unpack(fields))
    for _, text in ipairs({id, ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]}) do told[#told + 1] = text end
    if named then told[#told + 1] = ARGV[i + 4] end
    previous = id
    place = '*'
    last = ARGV[i]
  end
end
if #told > 3 then
  redis.call('SET', KEYS[2], last, 'PX', ttl)
  redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', now_ms() - age))
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  redis.call('SET', KEYS[3], previous, 'PX', ARGV[6])
  redis.call('PUBLISH', channel, pack(told))
end
return last
)lua";

constexpr char kRead[] = R"lua(
local from, newest = ARGV[1], tonumber(ARGV[4])
if newest == 0 then return {last_id(KEYS[1], KEYS[2]), {}} end
local over = newest > 0 and redis.call('XLEN', KEYS[1]) - newest or 0
if over > 0 then
  -- The older entries do not count. The bound is found from the end of the stream that is nearer to it.
  local start, bound
  if newest < over then
    local counted = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', newest)
    start = counted[#counted][1]
    bound = '(' .. start
  else
    local old = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', over)
    bound = old[#old][1]
    start = '(' .. bound
  end
  if #redis.call('XRANGE', KEYS[1], from, bound, 'COUNT', 1) > 0 then from = start end
end
local kept, bytes = {}, 0
for i, entry in ipairs(redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', ARGV[2])) do
  for _, text in ipairs(entry[2]) do bytes = bytes + #text end
  if i > 1 and bytes > tonumber(ARGV[3]) then break end
  kept[i] = entry
end
return {last_id(KEYS[1], KEYS[2]), kept}
)lua";

constexpr char kPresence[] = R"lua(
local task, clients, ttl, channel, people = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[7] or ''
local now = now_ms()
local last = last_id(KEYS[2], KEYS[3])
if clients == '0' then
  redis.call('HDEL', KEYS[1], task)
else
  redis.call('HSET', KEYS[1], task, clients .. ' ' .. string.format('%.0f', now + tonumber(ttl)) ..
             (people == '' and '' or ' ' .. people))
  redis.call('PEXPIRE', KEYS[1], ttl)
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
  if last ~= '0-0' then redis.call('SET', KEYS[3], last, 'PX', ARGV[6]) end
end
local told = {'P', task, clients, ttl}
if people ~= '' then told[5] = people end
if channel ~= '' then redis.call('PUBLISH', channel, pack(told)) end
local all, others = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #all, 2 do
  local count, till, names = string.match(all[i + 1], '^(%d+) (%d+) ?(.*)$')
  if till == nil or tonumber(till) <= now then
    redis.call('HDEL', KEYS[1], all[i])
  elseif all[i] ~= task then
    for _, text in ipairs({all[i], count, string.format('%.0f', tonumber(till) - now), names}) do
      others[#others + 1] = text
    end
  end
end
return {last, others}
)lua";

std::string WithCommon(const char* lua) { return std::string(kCommon) + lua; }

}  // namespace

const RedisScript& AppendScript() {
  static const RedisScript kScript(WithCommon(kAppend));
  return kScript;
}

const RedisScript& ReadScript() {
  static const RedisScript kScript(WithCommon(kRead));
  return kScript;
}

const RedisScript& PresenceScript() {
  static const RedisScript kScript(WithCommon(kPresence));
  return kScript;
}

}  // namespace viaduct::origin
