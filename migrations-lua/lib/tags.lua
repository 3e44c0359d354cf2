-- Tags: a task stands in one more set for each of its tags, by its id. Tasks without tags are
-- in none, and cost nothing.
--@needs keys sets
local tags = {}

-- A record's tags are a list of strings that the service wrote: the one JSON that scripts read.
local function words(list) return list and cjson.decode(list) or {} end

function tags.add(queue_name, id, list)
  for _, tag in ipairs(words(list)) do sets.add(keys.tag(queue_name, tag), 0, id) end
end

function tags.remove(queue_name, id, list)
  for _, tag in ipairs(words(list)) do sets.remove(keys.tag(queue_name, tag), id) end
end
