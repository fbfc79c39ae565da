-- Busy is not dead: a server whose check comes too late goes on in its pool where that says nothing against it.
--
-- HAProxy takes a server out after two such checks. Each time one is late, this looks whether the server
--   is the last: no other of its pool has answered its own check in time; or
--   is at work: it has requests, and has answered nothing for no longer than a few of them take in its pool;
-- and if so, has it count as well again. Everything else, such as a refused connection or an error, HAProxy decides.

-- So many times what requests take on average: those before the check, and those of other balancers.
local REQUESTS = 3
-- Seconds allowed while none has been answered, so that nobody knows what they take.
local UNKNOWN = 10

local function answers_of(figures)
  local sum = 0
  for _, class in ipairs({ "1xx", "2xx", "3xx", "4xx", "5xx", "other" }) do
    sum = sum + (tonumber(figures["hrsp_" .. class]) or 0)
  end
  return sum
end

-- Since when each server has answered nothing, and how many answers it had given by then.
local silent = {}

local function silence_of(server, figures, late)
  local now, answers = core.now().sec, answers_of(figures)
  local known = silent[server]
  if not known or known.answers ~= answers then
    known = { since = now - late, answers = answers }
    silent[server] = known
  end
  return now - known.since
end

core.event_sub({ "SERVER_CHECK" }, function(_, data)
  local server, check = data.reference, data.check
  if not server or check.agent or check.result ~= "FAILED" or check.reason.short ~= "L7TOUT" then return end

  local figures = server:get_stats()
  local others_pass = false
  -- What requests take: here, or where this server has answered none, wherever in its pool they take longest.
  local seconds = (tonumber(figures.rtime) or 0) / 1000
  local longest = 0
  for name, other in pairs(core.backends[data.proxy_name].servers) do
    if name ~= data.name then
      local seen = other:get_stats()
      if seen.status:find("^UP") and seen.check_status:find("OK") then others_pass = true end
      longest = math.max(longest, (tonumber(seen.rtime) or 0) / 1000)
    end
  end
  if seconds == 0 then seconds = longest end
  local allowed = seconds == 0 and UNKNOWN or REQUESTS * seconds
  local at_work = tonumber(figures.scur) > 0 and silence_of(data.name .. data.proxy_name, figures, check.duration / 1000) <= allowed
  if at_work or not others_pass then server:check_force_up() end
end)
