-- Classes: a task's type and requirements, known to its queue by a number.
--@needs queue
local classes = {}

-- The number of a class, or nil when the queue does not know it.
function classes.number(q, definition)
  local number = q.numbers[definition]
  if number == nil then
    number = redis.call('HGET', keys.classes(q.name), definition)
    q.numbers[definition] = number
  end
  return number or nil
end

-- Whether a queue may have the class, which may be new. A plan counts those that it has let pass.
function classes.has_room(q, definition, plan)
  if classes.number(q, definition) then return true end
  local planned = plan and plan[q.name] or { count = 0 }
  if planned[definition] then return true end
  if q.classes + planned.count >= MAX_CLASSES then return false end
  planned[definition], planned.count = true, planned.count + 1
  if plan then plan[q.name] = planned end
  return true
end

-- The number of a class, given to it now when it is new.
function classes.intern(q, definition)
  local number = classes.number(q, definition)
  if number then return number end
  number = tostring(q.classes)
  q.numbers[definition] = number
  q.classes, q.dirty = q.classes + 1, true
  redis.call('HSET', keys.classes(q.name), definition, number)
  signal.line('classes ' .. q.name)
  if q.classes == 2 then queue.touch(q, '0') end
  if q.limit_types then open_limits().learn(q, number, definition) end
  return number
end
