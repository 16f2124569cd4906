-- `semiluna sweep --launcher slurm`: a job array with one task for each cell that is to be trained.
--
-- Each task writes into a database of its own, FOLDER/HASH.db, because SQLite must not be shared over a network file system;
-- `semiluna merge FOLDER` brings them together. A task that runs again, because it was requeued or submitted again, goes on from its
-- checkpoint in FOLDER/runs.
local coordinator = require "semiluna.sweep.coordinator"
local core = require "semiluna.core"
local launch = require "semiluna.launch"
local script = require "semiluna.script"
local state = require "semiluna.plan.state"
local usage = require "semiluna.usage"
local system = core.system

local slurm = {}

-- A text as one word of the shell.
function slurm.quote(text)
  return text:find "^[%w_@%%+=:,./-]+$" and text or "'" .. text:gsub("'", "'\\''") .. "'"
end
local quote = slurm.quote

-- "1,3,5-9" of ascending numbers.
function slurm.ranges(numbers)
  local parts, i = {}, 1
  while i <= #numbers do
    local last = i
    while numbers[last + 1] == numbers[last] + 1 do last = last + 1 end
    parts[#parts + 1] = last == i and tostring(numbers[i]) or numbers[i] .. "-" .. numbers[last]
    i = last + 1
  end
  return table.concat(parts, ",")
end

-- A value in an #SBATCH line: in double quotes where it needs any, and no file name pattern.
local function directive(name, value, pattern)
  if value:find '["\\\n]' then
    usage('%s: quotes, backslashes and line ends in its path cannot be told to sbatch: choose another folder', value)
  end
  value = value:gsub("%%", "%%%%") .. (pattern or "")
  return ("#SBATCH --%s=%s"):format(name, value:find "[^%w_@%%+=:,./-]" and '"' .. value .. '"' or value)
end

-- Where a cell is trained: its database in the folder.
function slurm.database(folder, cell)
  return ("%s/%s.db"):format(folder, cell.hash)
end

-- The job's script. `about`: cells, folder and work (absolute paths), program, script, settings, threads, most (tasks at a time, or nil),
-- name.
function slurm.text(about)
  local numbers = {}
  for i, cell in ipairs(about.cells) do numbers[i] = cell.number end
  local lines = {
    "#!/bin/sh",
    directive("job-name", about.name),
    ("#SBATCH --array=%s%s"):format(slurm.ranges(numbers), about.most and "%" .. about.most or ""),
    "#SBATCH --ntasks=1",
    ("#SBATCH --cpus-per-task=%d"):format(about.threads),
    directive("output", about.folder .. "/logs/", "%a.log"),
    "#SBATCH --open-mode=append",
    "",
    "# One task for each cell; where the script has changed since this file was written, its task trains nothing.",
    'case "$SLURM_ARRAY_TASK_ID" in',
  }
  for _, cell in ipairs(about.cells) do
    lines[#lines + 1] = ("%d) hash=%s ;; # %s"):format(cell.number, cell.hash, (cell.label:gsub("%c", " ")))
  end
  lines[#lines + 1] = '*) echo "there is no cell $SLURM_ARRAY_TASK_ID" >&2; exit 2 ;;'
  lines[#lines + 1] = "esac"
  lines[#lines + 1] = ("cd %s || exit 1"):format(quote(about.work))
  lines[#lines + 1] = ('export OMP_NUM_THREADS="${SLURM_CPUS_PER_TASK:-%d}"'):format(about.threads)
  local words = { "exec", quote(about.program), "sweep", quote(about.script), '--task "$SLURM_ARRAY_TASK_ID"', '--expect "$hash"',
    ('--db %s/"$hash".db'):format(quote(about.folder)), '--threads-per-worker "$OMP_NUM_THREADS"', "--no-forks" }
  for _, setting in ipairs(about.settings) do words[#words + 1] = "--set " .. quote(setting) end
  lines[#lines + 1] = table.concat(words, " ")
  return table.concat(lines, "\n") .. "\n"
end

-- Cells that neither the main database nor their own in the folder knows to be at their end.
local function to_train(cells, folder)
  local left = {}
  for _, cell in ipairs(cells) do
    local path = slurm.database(folder, cell)
    local ended = coordinator.final[cell.state]
    if not ended and system.exists(path) then
      local db <close> = core.db(path, "read")
      local own = setmetatable({}, { __index = cell })      -- what it is at in that database says nothing about the main one
      state.read(db, { own })
      ended = coordinator.final[own.state]
    end
    if not ended then left[#left + 1] = cell end
  end
  return left
end

local function write(path, text)
  local file, message = io.open(path, "wb")
  local written = file and file:write(text) and file:close()
  if not written then error(message or path .. ": cannot be written", 0) end
end

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a" or ""
end

-- Hands the script to sbatch; returns the job's number.
local function submit(folder, path)
  local output = folder .. "/sbatch.out"
  local ok, pid = pcall(system.spawn, { "sbatch", "--parsable", path }, { output = output })
  if not ok then error(("%s: is SLURM installed here? --print shows the job's script"):format(tostring(pid)), 0) end
  local _, status = system.wait(pid)
  local said = read(output):gsub("%s+$", "")
  if status ~= 0 then error(("sbatch %s ended with status %d: %s"):format(path, status, said), 0) end
  return said:match "(%d+)[^\n]*$" or said
end

-- Writes and submits the job array; with --print only shows it. `cells` are those chosen, with their states in the main database.
-- `check` is called with those that are to be trained.
function slurm.launch(cells, arguments, settings, database, check)
  local folder = arguments.folder or launch.script_name() .. "-slurm"
  local work = assert(system.realpath ".")
  if folder:sub(1, 1) ~= "/" then folder = work .. "/" .. folder end
  folder = folder:gsub("(.)/+$", "%1")
  local left = to_train(cells, folder)
  local merge = "semiluna merge " .. quote(folder) .. (arguments.db and " --db " .. quote(database) or "")
  if #left == 0 then
    print(("%s: all %d cells are at their end; there is nothing to submit. Next:\n  %s"):format(script.path, #cells, merge))
    return 0
  end
  check(left)
  local text = slurm.text {
    cells = left, folder = folder, work = work, program = system.executable(), script = arguments.script, settings = settings,
    threads = tonumber(arguments.threads_per_worker) or left[1].item.resolved.threads or 1, most = tonumber(arguments.workers),
    name = launch.script_name(),
  }
  if arguments.print then
    io.stdout:write(text)
    return 0
  end
  system.mkdir(folder .. "/logs")
  local path = folder .. "/sweep.sbatch"
  write(path, text)
  local job = submit(folder, path)
  print(("job %s: %d of %d cells, one task each. When it is over, or before:\n  %s"):format(job, #left, #cells, merge))
  return 0
end

return slurm
