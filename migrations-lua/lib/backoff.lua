-- How long a failed task waits: the policy is `kind base_ms factor cap_ms jitter`
-- (src/domain/retry.rs), `chance` a number in [0, 1) that the service draws.
--@needs header
local function backoff_ms(policy, failures, chance)
  local kind, base, factor, cap, jitter = string.match(policy or DEFAULT_RETRY, '^(%S+) (%S+) (%S+) (%S+) (%S+)$')
  base, factor, cap = tonumber(base), tonumber(factor), tonumber(cap)
  local delay = base
  if kind == 'exponential' then delay = base * factor ^ (failures - 1) end
  if kind == 'linear' then delay = base * failures end
  if not (delay < cap) then delay = cap end
  if jitter == 'full' then delay = delay * chance end
  if jitter == 'equal' then delay = delay / 2 + delay / 2 * chance end
  return math.floor(delay)
end
