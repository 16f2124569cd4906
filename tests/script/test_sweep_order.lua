-- What a sweep decides without looking at anything: in which order cells are trained, which wait for a warm-up, and a job array's script.
local check = require "bind_check"
local core = require "semiluna.core"
local order = require "semiluna.sweep.order"
local slurm = require "semiluna.sweep.slurm"

-- Cells 1 to 3 are the same up to step 10, 1 and 2 up to step 20; cell 4 shares nothing.
local function four()
  local ten, twenty = { step = 10, prefix = "ten" }, { step = 20, prefix = "twenty" }
  return {
    { number = 1, state = "to do", forks = { ten, twenty } }, { number = 2, state = "to do", forks = { ten, twenty } },
    { number = 3, state = "to do", forks = { ten } }, { number = 4, state = "to do", forks = {} },
  }
end

local function next_of(cells, available)
  local ready = {}
  for _, cell in ipairs(cells) do
    if not cell.busy and cell.state ~= "running" and cell.state ~= "done" then ready[#ready + 1] = cell end
  end
  local cell = order.next(ready, cells, available or {})
  return cell and cell.number
end

local cells = four()
check.equal(next_of(cells), 1, "the one that others wait for")
cells[1].busy = true
check.equal(next_of(cells), 4, "followers wait while their warm-up is trained, whoever trains it")
cells[1].busy, cells[1].state, cells[1].step = nil, "running", 5
check.equal(next_of(cells), 4)
cells[4].state = "done"
check.equal(next_of(cells), nil, "there is nothing to be done but wait")
cells[1].step = 10
check.equal(next_of(cells, { ten = true }), 3, "a warm-up that is there; cell 2 waits for a longer one")
check.equal(next_of(cells, {}), 3, "past the step without having left it: nobody waits for that")
cells[1].step = 20
check.equal(next_of(cells, { ten = true, twenty = true }), 2)
cells[1].state, cells[1].step = "stopped", 15
check.equal(next_of(cells, { ten = true }), 1, "what was begun goes on first")
cells[1].busy = true
check.equal(next_of(cells, { ten = true }), 3, "cell 2 waits for the warm-up up to step 20")
cells[2].state, cells[2].step = "stopped", 25
check.equal(next_of(cells, { ten = true }), 2, "its own checkpoint is further than any warm-up")

cells = four()
cells[1].failures = 1
check.equal(next_of(cells), 2, "what has failed comes last")
cells[1].state, cells[1].step = "failed", 30
check.equal(next_of(cells), 2, "how far a failed run was does not count")
cells = four()
cells[1].state = "done"
check.equal(next_of(cells, { ten = true, twenty = true }), 2)
check.equal(next_of(cells, {}), 2, "a warm-up that is gone is trained again, by one cell")
cells[2].busy = true
check.equal(next_of(cells, {}), 4)

-- ---- job arrays -----------------------------------------------------------------------------------------------------------------------

check.equal(slurm.ranges { 1 }, "1")
check.equal(slurm.ranges { 1, 2, 3 }, "1-3")
check.equal(slurm.ranges { 2, 4, 5, 9, 10, 11, 20 }, "2,4-5,9-11,20")
check.equal(slurm.ranges {}, "")
check.equal(slurm.quote "a/b-c_1.lua", "a/b-c_1.lua")
check.equal(slurm.quote "it's $HOME", "'it'\\''s $HOME'")
check.equal(slurm.quote "", "''")

-- The script calls the program with these arguments, whatever they are made of: a shell tells.
local folder, remove = check.folder()
local odd = "a b'c$d;e%f"
local text = slurm.text {
  cells = { { number = 3, hash = "abc", label = "x\ny" }, { number = 4, hash = "def", label = "" } }, folder = folder .. "/" .. odd,
  work = folder, program = "printf", script = odd .. ".lua", settings = { "name=" .. odd, "seed=1" }, threads = 2, most = 5, name = odd,
}
check.yes(text:find("\n#SBATCH --array=3-4%5\n", 1, true), "the array")
check.yes(text:find('\n#SBATCH --output="' .. folder .. "/a b'c$d;e%%f/logs/%a.log\"\n", 1, true), "the log's name: " .. text)
local path = folder .. "/job.sh"
local file = assert(io.open(path, "w"))
file:write((text:gsub("exec printf ", "exec printf '%%s|' ")))
file:close()
local pid = core.system.spawn({ "sh", path }, { output = folder .. "/out", env = { SLURM_ARRAY_TASK_ID = "4", SLURM_CPUS_PER_TASK = "7" } })
check.equal({ core.system.wait(pid) }, { pid, 0 })
local out = assert(io.open(folder .. "/out"))
check.equal(out:read "a", table.concat({ "sweep", odd .. ".lua", "--task", "4", "--expect", "def", "--db", folder .. "/" .. odd .. "/def.db",
  "--threads-per-worker", "7", "--no-forks", "--set", "name=" .. odd, "--set", "seed=1", "" }, "|"))
out:close()
pid = core.system.spawn({ "sh", path }, { output = folder .. "/out", env = { SLURM_ARRAY_TASK_ID = "5" } })
check.equal({ core.system.wait(pid) }, { pid, 2 })
remove()
check.done "sweep order and job arrays"
