-- Fair shares: in a queue whose tasks have fairness keys the keys take turns, and the order of the queue
-- holds inside a key. Tasks without a key share the key ''. A key's place among the others is its virtual
-- time: each task it is given costs 1 / weight. Opened by the first queue that has keys; others do not pay.
--   shares        keys with ready tasks, by virtual time     owed   keys that left, ahead of the queue's `vtime`
--   key_heads     a key's classes but 0, by their first task (of queues with several classes, and so
--   class_shares  the same for one class                      that a claim for a rare class finds its keys)
--@needs share_lines
local shares
local function open_shares()
  if shares then return shares end
  shares = {}

  -- Virtual times are fractions, in full.
  local function precise(number) return string.format('%.17g', number) end
  shares.precise = precise

  function shares.mark_head(q, class)
    q.touched = q.touched or {}
    q.touched[class] = true
  end

  -- Forgets a few rows that have come to mean nothing.
  function shares.forget(set, bound, most)
    local past = math.min(redis.call('ZCOUNT', set, '-inf', bound), most)
    if past > 0 then redis.call('ZREMRANGEBYRANK', set, 0, past - 1) end
  end

  local function line(q, class, key)
    q.lines = q.lines or {}
    q.lines[key] = q.lines[key] or {}
    return q.lines[key], q.lines[key][class]
  end

  -- A task has come to a key's line; or some may have left it, so that it is looked at again.
  function shares.came(q, class, key, score)
    if not q.fair then shares.begin(q) end
    local classes, known = line(q, class, key)
    if known == nil or known and score < known then classes[class] = score end
  end

  function shares.left(q, class, key) line(q, class, key)[class] = false end

  -- The first key of a queue: what waits without one becomes a key among others.
  function shares.begin(q)
    q.fair, q.vtime = '1', 0
    redis.call('HSET', keys.queue(q.name), 'fair', '1')
    for class = 0, q.classes - 1 do
      shares.left(q, text(class), '')
      shares.mark_head(q, text(class))
    end
  end

  -- All lines of a key are looked at again: it takes its place among the shares if it has tasks.
  function shares.enter(q, key)
    shares.left(q, '0', key)
    if not q.split then return end
    for _, class in ipairs(redis.call('ZRANGE', keys.in_queue('key_heads', q.name, key), 0, -1)) do shares.left(q, class, key) end
  end

  -- These keys, {key, score} each, take no turns: what tasks they have wait on, until shares.enter. A queue's
  -- second class makes it `split`.
  function shares.retire(q, leaving)
    if not leaving[1] then return end
    local names, ahead = {}, {}
    for i, one in ipairs(leaving) do
      names[i] = one.key
      if one.score > q.vtime then ahead[#ahead + 1], ahead[#ahead + 2] = precise(one.score), one.key end
    end
    redis.call('ZREM', keys.of_queue('shares', q.name), unpack(names))
    if ahead[1] then redis.call('ZADD', keys.of_queue('owed', q.name), unpack(ahead)) end
    shares.forget(keys.of_queue('owed', q.name), '(' .. precise(q.vtime), 4 * #names)
    if not q.split then return end
    redis.call('ZREM', keys.in_queue('class_shares', q.name, '0'), unpack(names))
    shares.mark_head(q, '0')
    for _, key in ipairs(names) do
      for _, class in ipairs(redis.call('ZRANGE', keys.in_queue('key_heads', q.name, key), 0, -1)) do
        redis.call('ZREM', keys.in_queue('class_shares', q.name, class), key)
        shares.mark_head(q, class)
      end
    end
  end

  share_lines(shares)
  return shares
end
