-- The history of attempts. The latest attempt stands in the task's own record; when the next
-- one begins, it moves to a list, a row each: attempt token node started ended outcome error.
--@needs task
local KEPT_ATTEMPTS, LONGEST_ERROR = 100, 4096
local TIMES = '(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$'
local attempts = {}

-- The times of the latest attempt as fields of their own: most readers of a task need only who has it.
function attempts.unfold_times(t)
  t.started, t.fence, t.lease, t.deadline, t.lease_ms, t.own_end = string.match(t.latest, TIMES)
  t.lease_ms, t.own_end = present(t.lease_ms), present(t.own_end)
end

-- `latest` from its third part on.
function attempts.holding(node, session, started, fence, lease, deadline, lease_ms, own_end)
  return table.concat({ '', node, session or '-', text(started), text(fence), text(lease), text(deadline),
    text(lease_ms) or '-', text(own_end) or '-' }, ' ')
end

function attempts.latest_field(t)
  return 'latest', t.attempt .. ' ' .. t.token ..
    attempts.holding(t.node, t.session, t.started, t.fence, t.lease, t.deadline, t.lease_ms, t.own_end)
end

function attempts.archive(t)
  local failure = task.document(t, 'e') or ''
  if #failure > LONGEST_ERROR then failure = '' end
  local key = keys.attempts(t.id)
  attempts.unfold_times(t)
  redis.call('RPUSH', key, table.concat({ t.attempt, t.token, t.node, t.started, t.ended or '0',
    t.settled or 'lost', failure }, ' '))
  redis.call('LTRIM', key, -KEPT_ATTEMPTS, -1)
end

-- How the attempt with that token ended: 'live', the outcome, or nil for a token that is not of this task.
function attempts.outcome(t, token)
  if t.token == token then
    if t.state == 'running' then return 'live' end
    return t.settled or t.state == 'succeeded' and 'succeeded' or nil
  end
  if tonumber(t.attempt or 0) < 2 then return nil end
  for _, row in ipairs(redis.call('LRANGE', keys.attempts(t.id), 0, -1)) do
    local fields = {}
    for field in string.gmatch(row, '%S+') do
      fields[#fields + 1] = field
      if #fields == 6 then break end
    end
    if fields[2] == token then return fields[6] end
  end
  return nil
end
