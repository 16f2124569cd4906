-- core.system: limits, JSON, files, git, signals; and the host: modules, errors, exit statuses, the read-eval-print loop.
local core = require "semiluna.core"
local check = require "bind_check"
local system = core.system
local program = os.getenv "SEMILUNA"
local folder, remove = check.folder()

-- ---- guard -----------------------------------------------------------------------------------------------------------------------

check.equal({ system.guard(function() return 1, nil, "x" end, {}) }, { 1, nil, "x" })
check.fails(function() system.guard(function() error "own" end, {}) end, "own")
check.fails(function() system.guard(function() while true do end end, { seconds = 0.2 }) end, "test_bind_system.lua:", "more than 0.2 s")
check.fails(function() -- a script that swallows errors
  system.guard(function() while true do pcall(function() while true do end end) end end, { seconds = 0.2 })
end, "more than 0.2 s")
check.fails(function()
  system.guard(function() coroutine.wrap(function() while true do end end)() end, { seconds = 0.2 })
end, "more than 0.2 s")
check.fails(function()
  system.guard(function() system.guard(function() while true do end end, { seconds = 60 }) end, { seconds = 0.2 })
end, "more than 0.2 s")
check.fails(function() system.guard(function() local t = {} while true do t = { t } end end, { mib = 20 }) end, "more than 20.0 MiB", "test_bind_system.lua:")
check.fails(function() system.guard(function() local s = "x" while true do s = s .. s end end, { mib = 20 }) end, "more than 20.0 MiB")
check.fails(function() system.guard(function() local s = ("x"):rep(1 << 30) end, { mib = 20 }) end, "MiB")
check.fails(function()
  system.guard(function() return setmetatable({}, { __index = function(t, k) return t[k + 1] end })[1] end, { seconds = 5 })
end, "overflow")
check.yes(#("x"):rep(50 << 20) == 50 << 20, "no limit is left behind")
check.equal(debug.gethook(), nil, "no hook is left behind")
check.fails(function() system.guard(1) end, "function expected")
check.fails(function() system.guard(print, { second = 1 }) end, 'Did you mean "seconds"?')

-- ---- JSON ------------------------------------------------------------------------------------------------------------------------

for _, value in ipairs { 1, 0.1, -3, 1e300, "text\n\"\u{e9}\0end", true, false, { 1, 2, { 3 } }, { a = { b = { 1 } }, c = "" }, 1 << 62 } do
  check.equal(system.json_decode(system.json_encode(value)), value)
end
check.equal(system.json_encode { b = 1, a = { 1, 2.5 }, c = {} }, '{"a":[1,2.5],"b":1,"c":{}}')
check.equal(system.json_encode { [3] = true }, '{"3":true}')
check.equal(system.json_decode '{"a":null,"b":[true]}', { b = { true } })
local cyclic = {}
cyclic.self = cyclic
check.fails(function() system.json_encode(cyclic) end, "does one contain itself?")
check.fails(function() system.json_encode { print } end, "a function cannot be written")
check.fails(function() system.json_encode { [true] = 1 } end, "key of type boolean")
check.fails(function() system.json_encode(0 / 0) end, "cannot be written")
check.fails(function() system.json_encode "\xff" end, "UTF-8")
check.fails(function() system.json_decode "{" end, "line 1")
check.fails(function() system.json_decode(("["):rep(1000) .. ("]"):rep(1000)) end, "nested deeper")
check.fails(function() system.json_decode(1) end, "string expected")

-- ---- files, the machine ------------------------------------------------------------------------------------------------------------

check.equal(system.sha256 "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
system.mkdir(folder .. "/a/b//c/")
system.mkdir(folder .. "/a/b")
check.yes(system.exists(folder .. "/a/b/c") and not system.exists(folder .. "/d"), "folders")
io.open(folder .. "/file", "w"):close()
check.fails(function() system.mkdir(folder .. "/file/x") end, "/file: Not a directory")
check.equal(system.realpath(folder .. "/a/../a/b"), system.realpath(folder) .. "/a/b")
local none, why = system.realpath(folder .. "/none")
check.yes(none == nil and why:find "No such file", "realpath of nothing")
local before = system.clock()
check.yes(system.clock() >= before and system.time() > 1.6e9 and system.pid() > 1 and #system.hostname() > 0, "clocks and names")
check.yes(system.width() > 0 and type(system.isatty(1)) == "boolean" and type(system.cpu()) == "string", "terminal and processor")
check.yes(system.versions():find "^semiluna [%d.]+, .*Lua 5%.4.*, SQLite 3", "versions: " .. system.versions())
check.equal(system.nearest("lamda", { "gamma", "lambda" }), "lambda")
check.equal(system.nearest("xyz", { "gamma", "lambda" }), nil)
check.yes(core.threads() >= 1)
local was = core.threads()
check.equal(core.threads(1), 1)
core.threads(was)
local backend = core.backend()
for _, name in ipairs(core.backends()) do
  core.use_backend(name)
  check.equal((core.backend()), name)
end
core.use_backend(backend)
check.fails(function() core.use_backend "gpu" end, "gpu")

-- ---- git -------------------------------------------------------------------------------------------------------------------------

check.equal({ system.git(folder .. "/none") }, {})
if os.execute "git --version >/dev/null 2>&1" then
  check.equal({ system.git(folder) }, {})
  local git = ("cd '%s' && git init -q . && git -c user.name=n -c user.email=e "):format(folder)
  assert(os.execute(git .. "add file && git -c user.name=n -c user.email=e commit -q -m m"))
  local commit, dirty = system.git(folder)
  check.yes(#commit == 40 and commit:match "^%x+$", "commit")
  check.equal(dirty, false)
  local changed = io.open(folder .. "/file", "w")
  changed:write "changed"
  changed:close()
  check.equal({ system.git(folder .. "/a") }, { commit, true })
else
  print "skipped: git is not installed"
end

-- ---- the program: statuses, messages, signals ----------------------------------------------------------------------------------------

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
  return folder .. "/" .. name
end

-- Runs a command line; returns its output, the errors and the status.
local function shell(command)
  local done = os.execute(("cd '%s' && { %s; } >out 2>err; echo $? >status"):format(folder, command))
  assert(done)
  local parts = {}
  for i, name in ipairs { "out", "err", "status" } do
    local file = assert(io.open(folder .. "/" .. name))
    parts[i] = file:read "a"
    file:close()
  end
  return parts[1], parts[2], tonumber(parts[3])
end

if program then
  local lua = ("'%s' lua "):format(program)
  write("beside.lua", "return { value = 42 }")
  write("main.lua", "#!/usr/bin/env semiluna\nprint(require('beside').value, arg[0], arg[1], #arg, ...)")
  check.equal({ shell(lua .. "'" .. folder .. "/main.lua' one two") }, { "42\t" .. folder .. "/main.lua\tone\t2\tone\ttwo\n", "", 0 })
  check.equal({ shell(lua .. "main.lua") }, { "42\tmain.lua\tnil\t0\n", "", 0 })

  write("fail.lua", "local x = 1\nerror 'no'")
  check.equal({ shell(lua .. "fail.lua") }, { "", "fail.lua:2: no\n", 1 })
  local _, traced = shell("SEMILUNA_TRACEBACK=1 " .. lua .. "fail.lua")
  check.yes(traced:find("fail.lua:2: no\nstack traceback:", 1, true), "traceback: " .. traced)
  for text, expected in pairs {
    ["error { usage = true, message = 'wrong use' }"] = { "", "wrong use\n", 2 },
    ["error { message = 'a failure' }"] = { "", "a failure\n", 1 },
    ["error(setmetatable({}, { __tostring = function() return 'as text' end }))"] = { "", "as text\n", 1 },
    ["error(setmetatable({}, { __tostring = function() error 'deep' end }))"] = { "", "deep\n", 1 },
    ["require 'no.such'"] = { "", "e.lua:1: module 'no.such' not found\n", 1 },
    ["require 'broken'"] = { "", "error loading module 'broken' from file './broken.lua': ./broken.lua:1: unexpected symbol near <eof>\n", 1 },
    ["x = = 1"] = { "", "e.lua:1: unexpected symbol near '='\n", 1 },
    ["io.write 'no newline'"] = { "no newline", "", 0 },
    ["local function f() return f() + 1 end f()"] = false,
    ["require 'semiluna.nothing'"] = { "", "e.lua:1: module 'semiluna.nothing' not found\n", 1 },
    ["require('semiluna').core.tensor { shape = 1 }"] = { "", "e.lua:1: core.tensor: shape: a list of extents expected, got number\n", 1 },
  } do
    write("broken.lua", "return")
    write("broken.lua", "x =")
    write("e.lua", text)
    local out, err, status = shell(lua .. "e.lua")
    if expected then
      err = err:gsub("^[^\n]-e%.lua:1: deep", "deep"):gsub("^[^\n]-deep", "deep")
      check.equal({ out, err, status }, expected, text)
    else
      check.equal(status, 1, text)
    end
  end
  local _, message, status = shell(lua .. "none.lua")
  check.yes(status == 1 and message:find "none%.lua", "a missing file: " .. message)

  -- the library from a folder
  system.mkdir(folder .. "/lib/semiluna")
  write("lib/semiluna/init.lua", "return { other = 'library' }")
  write("use.lua", "print(require('semiluna').other, pcall(require, 'semiluna.trainer') == false, require('semiluna.core').source('semiluna'))")
  check.equal({ shell("SEMILUNA_LUA=lib " .. lua .. "use.lua") }, { "library\ttrue\treturn { other = 'library' }\n", "", 0 })

  -- signals: the first is noted, the second ends the process
  for name, number in pairs { INT = 130, TERM = 143 } do
    write("signal.lua", ([[
      local system = require "semiluna.core".system
      system.catch_signals()
      assert(system.signal() == nil)
      local function wait(seconds)
        local began = system.clock()
        while not system.signal() and system.clock() < began + seconds do end
      end
      os.execute("(sleep 0.1; kill -%s " .. system.pid() .. ") &") -- os.execute itself ignores SIGINT
      wait(10)
      assert(system.signal() == "%s")
      print "noted"
      io.stdout:flush()
      os.execute("(sleep 0.1; kill -%s " .. system.pid() .. ") &")
      local began = system.clock()
      while system.clock() < began + 10 do end
      print "not reached"
    ]]):format(name, name, name))
    check.equal({ shell(lua .. "signal.lua") }, { "noted\n", "", number }, name)
  end

  -- the read-eval-print loop
  write("typed", "1 + 1, 'x'\nx = 3\nfor i = 1, 2 do\nx = x + i\nend\nx\nsl.version\nerror 'no'\n= 1\n(function()\n")
  local out, err, ended = shell(("'%s' repl <typed"):format(program))
  check.equal(out, "2\tx\n6\n" .. core.version() .. "\n")
  check.yes(err:find("typed:1: no", 1, true) and err:find("unexpected symbol near '='", 1, true), "errors: " .. err)
  check.equal(ended, 0)
else
  print "skipped: the program's own behaviour (SEMILUNA is not set)"
end

-- ---- what the bindings say of themselves -----------------------------------------------------------------------------------------------

local described, kinds = {}, { ["function"] = 0, method = 0, class = 0, operator = 0 }
for _, row in ipairs(core.descriptions()) do
  kinds[row.kind] = kinds[row.kind] + 1
  described[row.name] = row
  check.yes(#row.help > 3, row.name .. "'s help")
  for _, option in ipairs(row.options or {}) do check.yes(#option.help > 3 and #option.type > 3, row.name .. "." .. option.name) end
end
print(("described: %d functions, %d classes, %d methods, %d operators"):format(kinds["function"], kinds.class, kinds.method, kinds.operator))
for _, where in ipairs { { core, "core." }, { system, "core.system." } } do
  for name, value in pairs(where[1]) do
    if type(value) == "function" then check.yes(described[where[2] .. name], where[2] .. name .. " is described") end
  end
end
check.yes(described["tensor:slice"].signature:find "first", "signature")
check.equal(described["core.loader"].options[1].name, "batch")
check.yes(core.source "semiluna":find "experiment", "the library's own text")
check.equal(core.source "semiluna.nothing", nil)

remove()
check.done "system and host"
