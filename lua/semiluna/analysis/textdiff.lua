-- The lines in which two texts differ, as a unified diff. Finds the fewest lines to take out and put in (Myers, 1986); texts that have
-- too little in common for that are shown as one after the other.
local textdiff = {}

local most_changes, context = 1500, 3

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  local rest = text:match "([^\n]*)$"
  if rest ~= "" then lines[#lines + 1] = rest .. "\n\\ No newline at end of file" end
  return lines
end

-- Appends count steps of one kind: "=", "-" or "+".
local function add(script, kind, count)
  if count > 0 then script[#script + 1] = { kind, count } end
end

-- From the furthest points that d changes reach on each diagonal, back to the steps between the two texts.
local function trace_back(history, d, k, x)
  local steps = {}
  while d > 0 do
    local before = history[d - 1]
    local down = k == -d or (k ~= d and before[k - 1] < before[k + 1])
    local previous_k = down and k + 1 or k - 1
    local from = before[previous_k]
    local after = down and from or from + 1                -- x after the change
    for _ = 1, x - after do steps[#steps + 1] = "=" end
    steps[#steps + 1] = down and "+" or "-"
    d, k, x = d - 1, previous_k, from
  end
  for _ = 1, x do steps[#steps + 1] = "=" end
  local script = {}
  for i = #steps, 1, -1 do
    local last = script[#script]
    if last and last[1] == steps[i] then
      last[2] = last[2] + 1
    else
      add(script, steps[i], 1)
    end
  end
  return script
end

-- The middle of the texts, lines first+1 .. first+n of `a` and first+1 .. first+m of `b`, as runs of "=", "-" and "+".
local function compare(a, b, first, n, m)
  local reach, history = { [1] = 0 }, {}
  for d = 0, math.min(n + m, most_changes) do
    for k = -d, d, 2 do
      local down = k == -d or (k ~= d and reach[k - 1] < reach[k + 1])
      local x = down and reach[k + 1] or reach[k - 1] + 1
      local y = x - k
      while x < n and y < m and a[first + x + 1] == b[first + y + 1] do x, y = x + 1, y + 1 end
      reach[k] = x
      if x >= n and y >= m then return trace_back(history, d, k, x) end
    end
    local copy = {}
    for k = -d, d, 2 do copy[k] = reach[k] end
    history[d] = copy
  end
  return { { "-", n }, { "+", m } }
end

local function whole_script(a, b)
  local n, m, head, tail = #a, #b, 0, 0
  while head < n and head < m and a[head + 1] == b[head + 1] do head = head + 1 end
  while tail < n - head and tail < m - head and a[n - tail] == b[m - tail] do tail = tail + 1 end
  local script = {}
  add(script, "=", head)
  for _, step in ipairs(compare(a, b, head, n - head - tail, m - head - tail)) do add(script, step[1], step[2]) end
  add(script, "=", tail)
  return script
end

-- "12,3": where a hunk lies in one text.
local function range(first, count)
  if count == 1 then return tostring(first) end
  return ("%d,%d"):format(count == 0 and first - 1 or first, count)
end

-- The hunks: {first line of a, count, first line of b, count, lines}.
local function hunks_of(a, b, script)
  local hunks, hunk, at_a, at_b = {}, nil, 0, 0
  local function put(mark, line)
    hunk.lines[#hunk.lines + 1] = mark .. line
    if mark ~= "+" then hunk.count_a = hunk.count_a + 1 end
    if mark ~= "-" then hunk.count_b = hunk.count_b + 1 end
  end
  local function open(before)
    hunk = { first_a = at_a - before + 1, first_b = at_b - before + 1, count_a = 0, count_b = 0, lines = {} }
    hunks[#hunks + 1] = hunk
    for i = at_a - before + 1, at_a do put(" ", a[i]) end
  end
  for i, step in ipairs(script) do
    local kind, count = step[1], step[2]
    if kind == "=" then
      local last = i == #script
      local shown = hunk and math.min(count, (last or count > 2 * context) and context or count) or 0
      for j = at_a + 1, at_a + shown do put(" ", a[j]) end
      if last or count > 2 * context then hunk = nil end
      at_a, at_b = at_a + count, at_b + count
    else
      if not hunk then open(math.min(context, at_a, at_b)) end
      for j = 1, count do put(kind, kind == "-" and a[at_a + j] or b[at_b + j]) end
      if kind == "-" then at_a = at_a + count else at_b = at_b + count end
    end
  end
  return hunks
end

-- The differences of two texts as lines of a unified diff, without the names of files; none where they are the same.
function textdiff.unified(old, new)
  if old == new then return {} end
  local a, b, lines = lines_of(old), lines_of(new), {}
  for _, hunk in ipairs(hunks_of(a, b, whole_script(a, b))) do
    lines[#lines + 1] = ("@@ -%s +%s @@"):format(range(hunk.first_a, hunk.count_a), range(hunk.first_b, hunk.count_b))
    for _, line in ipairs(hunk.lines) do
      for part in (line .. "\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = part end
    end
  end
  return lines
end

return textdiff
