-- Child processes: started without a shell, waited for without looking again and again, signalled; and what a signal does to a wait.
local core = require "semiluna.core"
local check = require "bind_check"
local system = core.system
local program = os.getenv "SEMILUNA"
local folder, remove = check.folder()

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

-- Runs a program to its end; returns what it printed, its status and signal.
local function run(arguments, options)
  options = options or {}
  options.output = options.output or folder .. "/out"
  local pid = system.spawn(arguments, options)
  local ended, status, signal = system.wait(pid, 60)
  check.equal(ended, pid)
  return read(options.output), status, signal
end

-- ---- starting and ending ----------------------------------------------------------------------------------------------------------

check.equal({ run { "sh", "-c", "echo out; echo err >&2; exit 3" } }, { "out\nerr\n", 3 })
check.equal({ run { "printf", "%s|", "a b", "", "$HOME", "*" } }, { "a b||$HOME|*|", 0 })
check.equal({ run { "cat" } }, { "", 0 }, "nothing to read")
check.equal({ run({ "echo", "1" }, { output = folder .. "/log", append = true }) }, { "1\n", 0 })
check.equal({ run({ "echo", "2" }, { output = folder .. "/log", append = true }) }, { "1\n2\n", 0 })
check.equal({ run({ "echo", "3" }, { output = folder .. "/log" }) }, { "3\n", 0 })
check.equal({ run({ "sh", "-c", "echo $A-${HOME-none}-$B" }, { env = { A = "x=y", HOME = false, B = "" } }) }, { "x=y-none-\n", 0 })
local sessions = run({ "sh", "-c", "cut -d ' ' -f 6 /proc/$$/stat; echo $$" }, { session = true })
check.equal(sessions:match "^(%d+)\n", sessions:match "\n(%d+)\n$", "a session of its own")
check.equal(run({ "sh", "-c", "echo $HOME" }), (os.getenv "HOME" or "") .. "\n")
check.equal({ run { "sh", "-c", "kill -KILL $$" } }, { "", 137, "KILL" })
check.equal({ run { "sh", "-c", "kill -USR1 $$" } }, { "", 138, "10" })

check.equal({ run({ "other name", "-c", "echo $0" }, { program = "sh" }) }, { "other name\n", 0 })

check.fails(function() system.spawn { folder .. "/no such program" } end, "/no such program cannot be started: No such file or directory")
check.fails(function() system.spawn { folder } end, "cannot be started: Permission denied")
check.fails(function() system.spawn({ "true" }, { output = folder .. "/none/out" }) end, "/none/out: No such file or directory")
check.fails(function() system.spawn {} end, "the program to start is missing")
check.fails(function() system.spawn { "echo", 1 } end, "texts expected")
check.fails(function() system.spawn { "echo", "a\0b" } end, "texts expected")
check.fails(function() system.spawn({ "echo" }, { env = { A = 1 } }) end, "names with texts or false")
check.fails(function() system.spawn({ "echo" }, { outptu = "x" }) end, 'Did you mean "output"?')
check.fails(function() system.wait(1, 0) end, "process 1 was not started here")
check.fails(function() system.kill(system.pid()) end, "was not started here")
check.fails(function() system.wait() end, "no process is running")
check.fails(function() system.wait(nil, -1) end, "not negative")

-- ---- waiting ----------------------------------------------------------------------------------------------------------------------

-- What a function takes in seconds, and in seconds of the processor.
local function timed(what, ...)
  local began, used = system.clock(), os.clock()
  local results = table.pack(what(...))
  return system.clock() - began, os.clock() - used, table.unpack(results, 1, results.n)
end

local slow = system.spawn { "sleep", "60" }
local took, used, none = timed(system.wait, slow, 0.3)
check.yes(took >= 0.3 and took < 5 and used < 0.1 and none == nil, ("a wait with a time: %.3f s, processor %.3f s"):format(took, used))
took, used, none = timed(system.wait, nil, 0.2)
check.yes(took >= 0.2 and took < 5 and used < 0.1 and none == nil, ("a wait for any with a time: %.3f s"):format(took))
check.equal(system.wait(slow, 0), nil)
check.equal(system.kill(slow, "TERM"), true)
check.equal({ system.wait(slow) }, { slow, 143, "TERM" })
check.fails(function() system.wait(slow, 0) end, "waited for already")
check.fails(function() system.kill(slow) end, "waited for already")
took = timed(system.wait, nil, 0.1)
check.yes(took >= 0.1 and took < 5, "without children it is a sleep")

local pids, ended = {}, {}
for i = 1, 20 do pids[i] = system.spawn { "sh", "-c", ("sleep 0.%d; exit %d"):format(i % 4, i) } end
for _ = 1, 20 do
  local pid, status = system.wait(nil, 60)
  ended[pid] = status
end
for i, pid in ipairs(pids) do check.equal(ended[pid], i) end
check.equal(system.wait(nil, 0), nil)
check.fails(function() system.spawn({ "true" }, { output = "/" }) end, "/: Is a directory")

-- ---- signals ----------------------------------------------------------------------------------------------------------------------

if program then
  local function lua(name, text, ...)
    local path = folder .. "/" .. name
    local file = assert(io.open(path, "w"))
    file:write('local system = require("semiluna.core").system\n', text)
    file:close()
    return { program, "lua", path, ... }
  end

  check.equal({ run(lua("executable.lua", "print(system.executable())")) }, { system.realpath(program) .. "\n", 0 })

  -- A signal ends a wait at once, also one that came before the wait; later waits are not cut short, and a child is still waited for.
  local out, status = run(lua("interrupted.lua", [[
    system.catch_signals()
    local child = system.spawn { "sh", "-c", "sleep 0.2; kill -INT $PPID; sleep 0.3; exit 7" }
    local began = system.clock()
    print(system.wait(nil, 60), (system.signal()), system.clock() - began < 30)
    print(system.wait(nil, 60))
    began = system.clock()
    print(system.wait(nil, 0.2), system.clock() - began >= 0.2)
  ]]))
  check.equal({ (out:gsub("%d%d+", "PID")), status }, { "nil\tINT\ttrue\nPID\t7\tnil\nnil\ttrue\n", 0 })
  out, status = run(lua("before.lua", [[
    system.catch_signals()
    local killer = system.spawn { "sh", "-c", "kill -TERM $PPID" }
    local began = system.clock()
    while not system.signal() and system.clock() < began + 20 do end
    local sleeper = system.spawn { "sleep", "60" }
    system.wait(killer)
    print(system.wait(sleeper, 60), system.clock() - began < 50, system.signal())
    system.kill(sleeper, "KILL")
    print(select(3, system.wait(sleeper)))
  ]]))
  check.yes(status == 0 and out:find "KILL\n$" and out:find "true\tTERM\tfalse", "a signal before the wait: " .. out)

  -- Two signals at once are one wish, two in a row end the program at once.
  out, status = run(lua("twice.lua", [[
    system.catch_signals()
    system.spawn { "sh", "-c", arg[1] }
    for _ = 1, 3 do system.wait(nil, 0.5) end
    print "ended in good order"
  ]], "kill -TERM $PPID; kill -TERM $PPID"))
  check.equal({ out, status }, { "ended in good order\n", 0 })
  check.equal({ run { program, "lua", folder .. "/twice.lua", "kill -TERM $PPID; sleep 0.3; kill -TERM $PPID" } }, { "", 143 })

  -- A process that ends with its parent, however that ends.
  local child = lua("child.lua", [[
    system.catch_signals()
    system.end_with(tonumber(arg[1]))
    print "ready"
    io.stdout:flush()
    system.wait(nil, 60)
    print(system.signal())
  ]])
  local printed = folder .. "/child"
  _, status = run(lua("parent.lua", [[
    system.spawn({ arg[1], "lua", arg[2], tostring(system.pid()) }, { output = arg[3] })
    local function ready()
      local file <close> = io.open(arg[3])
      return file and file:read "a" == "ready\n"
    end
    while not ready() do system.wait(nil, 0.02) end
    os.execute("kill -KILL " .. system.pid())
  ]], program, child[3], printed))
  check.equal(status, 137, "the parent")
  local began = system.clock()
  while not read(printed):find "TERM" and system.clock() < began + 30 do system.wait(nil, 0.02) end
  check.equal(read(printed), "ready\nTERM\tfalse\n")
else
  print "skipped: what signals do (SEMILUNA is not set)"
end

remove()
check.done "processes"
