-- Drawings in the terminal, made of braille dots (or ASCII where the locale has no more):
--
--   braille.canvas{width=, height=}   dots and lines: see canvas.lua
--   braille.curves{series=, ...}      curves with axes and a legend, as text: see curves.lua
local braille = {}

braille.canvas = require("semiluna.draw.canvas").new
braille.curves = require "semiluna.draw.curves"

return braille
