#!lua flags=allow-oom
-- answer: tasks of this partition are told how tasks that they depend on have ended.
-- Transition: blocked -> queued | scheduled after the last, -> failed when one ended otherwise than asked.
-- KEYS[1]  partition prefix
-- ARGV     header, then answers: child, run of it that asked, parent, how that ended
-- Returns  {'ok'}
-- Publishes ready, due, final, outbox
--@include dependencies

while more() do
  local child, run, parent, state = take(4)
  local t = task.read(child)
  if t and (t.run or '1') == run then dependencies.answer(t, parent, state) end
end
lifecycle.flush()
return { 'ok' }
