-- `semiluna run --dry-run`: checks everything that a run needs, including all of its data, and says what it would cost.
local core = require "semiluna.core"
local progress = require "semiluna.progress"
local run = require "semiluna.run"
local timing = require "semiluna.timing"

local most_shown = 10

local function million(count)
  return ("%.2f M"):format(count / 1e6)
end

-- Decodes every image and label once; returns how many there are and what is wrong with some of them.
local function check_images(sets)
  local count, problems = 0, {}
  for _, set in ipairs(sets) do
    for i = 1, set:count() do
      local ok, message = pcall(set.check, set, i)
      count = count + 1
      if not ok then problems[#problems + 1] = tostring(message) end
    end
  end
  return count, problems
end

local function describe_data(made)
  local images = made.data
  local val = images:split("val")
  local width, height = images.labeled:size(1)
  return ("%d labelled%s, val %d, %d classes, first image %dx%d"):format(images.labeled:count(),
    images.unlabeled and (" + %d unlabelled"):format(images.unlabeled:count()) or "", val:count(), images.classes, width, height)
end

-- The most memory that the process has held, in MiB.
local function peak_memory()
  local status = io.open "/proc/self/status"
  local kib = status and status:read("a"):match("VmHWM:%s*(%d+) kB")
  if status then status:close() end
  return kib and tonumber(kib) // 1024 or core.memory().peak >> 20
end

-- Prints the summary of one experiment and returns whether all is well.
return function(resolved)
  local made = run.new(resolved)
  local images = made.data
  local sets = { images.labeled, images:split("val") }
  if images.unlabeled then table.insert(sets, 2, images.unlabeled) end
  local count, problems = check_images(sets)
  print(("data    %s   %s (%d images checked, %d problems)"):format(describe_data(made), #problems == 0 and "ok" or "NOT OK", count,
    #problems))
  for i = 1, math.min(#problems, most_shown) do print("        " .. problems[i]) end
  if #problems > most_shown then print(("        ... and %d more"):format(#problems - most_shown)) end
  if #problems > 0 then
    run.close(made)
    return false
  end

  local models = {}
  for i, item in ipairs(made.models) do models[i] = ("%s %s parameters"):format(item.name, million(item.model:trainable_count())) end
  print(("model   %s   ok"):format(table.concat(models, "; ")))

  local rates = timing.measure(made)
  print(("cost    memory about %d MiB; time about %s for %d steps on this machine, with evaluations (%d steps timed)"):format(
    peak_memory(), progress.duration(timing.seconds(rates, resolved, 0)), made.steps, rates.steps))
  run.close(made)
  return true
end
