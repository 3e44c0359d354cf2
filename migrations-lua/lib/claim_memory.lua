-- What a claim_id has got, kept for as long as it may be asked for again.
--@needs header keys
local claim_memory = {}

-- Remembers what the claim_id has got for as long as the longest of its attempts may last.
function claim_memory.remember(claim, leased, longest)
  local key, life = keys.claim(claim.node, claim.claim_id), longest + CLAIM_MEMORY_MS
  local kept = MODE == 'further' and redis.call('GET', key)
  if kept then
    local all = cmsgpack.unpack(kept)
    for _, part in ipairs(leased) do all[#all + 1] = part end
    leased, life = all, math.max(life, redis.call('PTTL', key))
  end
  redis.call('SET', key, cmsgpack.pack(leased), 'PX', text(life))
end

-- Ids and tokens, one after the other, of what this claim_id has got and still holds; nil for nothing.
function claim_memory.recall(claim)
  local kept = claim.claim_id ~= '' and redis.call('GET', keys.claim(claim.node, claim.claim_id))
  if not kept then return nil end
  local live, all = {}, cmsgpack.unpack(kept)
  for i = 1, #all, 2 do
    local t = redis.call('HMGET', keys.task(all[i]), 'state', 'latest')
    if t[1] == 'running' and string.find(t[2], ' ' .. all[i + 1] .. ' ', 1, true) then
      live[#live + 1] = all[i]
      live[#live + 1] = all[i + 1]
    end
  end
  return live[1] and live or nil
end
