-- The commands that the program leaves to Lua. Arguments are texts, by the names of the command line's options; each function returns
-- the exit status.
local cli = {}

function cli.run(arguments)
  return require("semiluna.commands.run")(arguments)
end

function cli.plan(arguments)
  return require("semiluna.commands.plan")(arguments)
end

function cli.sweep(arguments)
  return require("semiluna.commands.sweep")(arguments)
end

function cli.tell(arguments)
  return require("semiluna.commands.tell")(arguments)
end

function cli.eval(arguments)
  return require("semiluna.commands.eval")(arguments)
end

function cli.whatif(arguments)
  return require("semiluna.commands.whatif")(arguments)
end

function cli.plot(arguments)
  return require("semiluna.commands.plot")(arguments)
end

function cli.compare(arguments)
  print(require("semiluna.commands.compare").text(arguments))
  return 0
end

function cli.noise(arguments)
  return require("semiluna.commands.noise")(arguments)
end

function cli.diff(arguments)
  print(require("semiluna.commands.diff").text(arguments))
  return 0
end

function cli.export(arguments)
  return require("semiluna.commands.export")(arguments)
end

function cli.import(arguments)
  return require("semiluna.commands.import")(arguments)
end

function cli.show_curves(arguments)
  return require("semiluna.commands.show_curves")(arguments)
end

function cli.new(arguments)
  return require("semiluna.commands.new")(arguments)
end

function cli.help(arguments)
  return require("semiluna.commands.help")(arguments)
end

function cli.reference()
  io.stdout:write(require("semiluna.commands.reference").text())
  return 0
end

return cli
