-- docs/lua-reference.md is what the descriptor tables and the bindings say now, and every option and function in it has a help text.
local core = require "semiluna.core"
local options = require "semiluna.options"
local reference = require "semiluna.commands.reference"

local described = 0
for _, section in ipairs(options.topics()) do
  for _, descriptor in ipairs(section[3]) do
    assert(type(descriptor.help) == "string" and #descriptor.help > 0, section[1] .. "." .. tostring(descriptor[1]) .. " has no help")
    described = described + 1
  end
end
for _, row in ipairs(core.descriptions()) do
  assert(row.help and #row.help > 0, tostring(row.name) .. " has no help")
  described = described + 1
end

local made = reference.text()
local path = (os.getenv "SEMILUNA_SOURCE" or ".") .. "/docs/lua-reference.md"
local file = assert(io.open(path))
local kept = file:read "a"
file:close()
if made ~= kept then
  local number, kept_lines = 0, {}
  for line in (kept .. "\n"):gmatch "(.-)\n" do kept_lines[#kept_lines + 1] = line end
  for line in (made .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    if line ~= kept_lines[number] then
      print(("%s:%d: is\n  %s\nand should be\n  %s"):format(path, number, tostring(kept_lines[number]), line))
      break
    end
  end
  print("make it anew: semiluna lua docs/lua-reference.lua > docs/lua-reference.md")
  os.exit(1)
end
print(("%d descriptions; docs/lua-reference.md (%d bytes) is up to date"):format(described, #made))
