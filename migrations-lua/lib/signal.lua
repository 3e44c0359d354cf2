-- What a script tells the replicas, in one PUBLISH, a line each:
--   ready QUEUE COUNT CLASS tasks became claimable      final ID...   runs ended
--   due MS                 something is due by then    outbox        rows wait in the outbox
--   ended NODE SESSION     a session is over           classes QUEUE a class is new
--   endpoint KIND NAME     where tasks are pushed to, or how that fares, has changed
--   cancel ID              a running task without a session is to stop
--   drain NODE             a node drains, or not any more    operation ID   one is over
-- A hint only: what was missed is found by the next sweep.
--@needs keys
local signal, lines, ready, finals, due = {}, nil, nil, nil, nil
at_begin(function() lines, ready, finals, due = {}, {}, {}, nil end)

-- Without a class: of any.
function signal.ready(queue, count, class)
  local counts = ready[queue]
  if not counts then
    counts = {}
    ready[queue] = counts
  end
  class = class or ''
  counts[class] = (counts[class] or 0) + count
end
function signal.final(id) finals[#finals + 1] = id end
function signal.line(text) lines[#lines + 1] = text end
function signal.due(at) if not due or at < due then due = at end end

function signal.publish()
  for queue, counts in pairs(ready) do
    for class, count in pairs(counts) do lines[#lines + 1] = 'ready ' .. queue .. ' ' .. count .. ' ' .. class end
  end
  if #finals > 0 then lines[#lines + 1] = 'final ' .. table.concat(finals, ' ') end
  if due then lines[#lines + 1] = string.format('due %.0f', due) end
  if #lines > 0 then redis.call('PUBLISH', keys.channel, table.concat(lines, '\n')) end
end
