-- Prints docs/lua-reference.md: semiluna lua docs/lua-reference.lua > docs/lua-reference.md
require("semiluna.cli").reference()
