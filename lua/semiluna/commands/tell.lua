-- `semiluna tell`: sends a command to a run that is being trained, and waits for its answer.
local core = require "semiluna.core"
local launch = require "semiluna.launch"
local steer = require "semiluna.steer"
local usage = require "semiluna.usage"
local system = core.system

local patience = 60                                        -- seconds; a step of a large network on a processor may take as long
local dangerous = { stop = "It writes a checkpoint and ends; `semiluna run --resume` goes on with it." }
local anytime = { tag = true, note = true }                -- work whether the run is being trained or not

local function command_text(name, argument)
  return argument == "" and name or name .. " " .. argument
end

-- ---- runs that are not being trained ------------------------------------------------------------------------------------------------

-- What can be done instead.
local function advice(row, name)
  if name == "evaluate" then return ("its last checkpoint is measured by `semiluna eval %d`"):format(row.id) end
  if row.state == "done" then
    if name == "set" or name == "extend" or name == "fork" then
      return "`semiluna run SCRIPT --set NAME=VALUE` trains another one with other options"
    end
    return ("`semiluna show %d` has its results"):format(row.id)
  end
  local again = name ~= "stop" and name ~= "pause" and name ~= "checkpoint" and ", then tell it" or ""
  return ("`semiluna run --resume %d` goes on with it%s"):format(row.id, again)
end

local function how_it_is(row)
  if row.state == "running" then return ("its process ended without a word, about step %d"):format(row.step) end
  return ("it is %s, at step %d"):format(row.state, row.step)
end

-- A tag or a note is written here, and is part of the run's history all the same.
local function write(db, row, name, argument)
  db:execute "BEGIN IMMEDIATE"
  local ok, problem = pcall(function()
    if name == "tag" then
      db:execute("INSERT OR IGNORE INTO tag(run, tag) VALUES(?, ?)", row.id, argument)
    else
      db:execute("INSERT INTO note(run, time, text) VALUES(?, ?, ?)", row.id, system.time(), argument)
    end
    db:execute("INSERT INTO command(run, time, name, argument, step, answer, answered) VALUES(?1, ?2, ?3, ?4, ?5, 'done', ?2)",
      row.id, system.time(), name, argument, row.step)
  end)
  db:execute(ok and "COMMIT" or "ROLLBACK")
  if not ok then error(problem, 0) end
end

-- ---- runs that are --------------------------------------------------------------------------------------------------------------------

local function ask(row, name, argument)
  io.stdout:write(("%s run %d (%s) at step %d of %d? %s [y/N] "):format(command_text(name, argument), row.id, row.name, row.step, row.steps,
    dangerous[name])):flush()
  return (io.read "l" or ""):lower():match "^%s*ye?s?%s*$" ~= nil
end

local function answer_of(db, id)
  local row = db:query("SELECT answer FROM command WHERE id = ? AND answered IS NOT NULL", id)[1]
  return row and row.answer
end

-- Calls `look` until it gives something or the time is over.
local function poll(deadline, look)
  local pause = 0.02
  while true do
    local found = look()
    if found ~= nil or system.clock() >= deadline then return found end
    system.wait(nil, pause)
    pause = math.min(0.25, pause * 1.5)
  end
end

-- The answer, or nil and why there is none.
local function wait_for(db, row, id, deadline)
  local gone
  local answer = poll(deadline, function()
    local found = answer_of(db, id)
    if not found and not db:run_alive(row.id) then
      gone = true
      return answer_of(db, id) or false                    -- it may have answered, then ended
    end
    return found
  end)
  if answer then return answer end
  if gone then return nil, "no answer: its process has ended without a word" end
  return nil, ("no answer yet; the command is waiting, and `semiluna show %d` will tell its answer"):format(row.id)
end

-- Who stopped a run may want to resume it at once.
local function wait_for_end(db, row, deadline)
  poll(deadline, function()
    return db:query("SELECT 1 FROM run WHERE id = ? AND state <> 'running'", row.id)[1]
  end)
end

local function send(db, row, name, argument, arguments)
  if dangerous[name] and not arguments.yes and system.isatty(0) and system.isatty(1) and not ask(row, name, argument) then
    error("not sent", 0)
  end
  local id = db:command_send(row.id, name, argument)
  if arguments.no_wait then
    if not arguments.quiet then print(("sent: `semiluna show %d` will tell the answer"):format(row.id)) end
    return 0
  end
  local deadline = system.clock() + (tonumber(arguments.wait) or patience)
  local answer, problem = wait_for(db, row, id, deadline)
  if not answer then error(("run %d (%s): %s"):format(row.id, row.name, problem), 0) end
  if not answer:find "^done" then error(("run %d (%s): %s"):format(row.id, row.name, answer), 0) end
  if name == "stop" then wait_for_end(db, row, deadline) end
  if not arguments.quiet then print(answer) end
  return 0
end

-- ---- the command ----------------------------------------------------------------------------------------------------------------------

local function checked(arguments)
  local name, argument = arguments.command, table.concat(launch.list(arguments.argument), " ")
  local problem = steer.wrong(name, argument)
  if problem then usage("%s", problem) end
  if name == "tag" and (#argument > 100 or argument:find "%c") then usage "a tag is one line of 1 to 100 bytes" end
  if name == "note" and not argument:find "%S" then usage "a note must not be empty" end
  return name, argument
end

return function(arguments)
  local name, argument = checked(arguments)
  local db <close> = core.db(launch.database(arguments), "change")
  local id = db:run_find(arguments.run)
  local row = db:query("SELECT id, name, state, step, coalesce(steps, step) AS steps FROM run WHERE id = ?", id)[1]
  if anytime[name] then
    write(db, row, name, argument)
    if not arguments.quiet then print "done" end
    return 0
  end
  if row.state ~= "running" or not db:run_alive(id) then
    error(("run %d (%s) is not being trained (%s): %s"):format(row.id, row.name, how_it_is(row), advice(row, name)), 0)
  end
  return send(db, row, name, argument, arguments)
end
