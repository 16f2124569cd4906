-- Copies a file; the copy appears whole or not at all.
local piece = 1 << 20

local function pour(from, to, source, target)
  for bytes in function() return source:read(piece) end do
    local written, message = target:write(bytes)
    if not written then error(("%s: %s"):format(to, message), 0) end
  end
  if not target:close() then error(("%s: cannot be written whole: is the disk full?"):format(to), 0) end
  local moved, message = os.rename(to .. ".tmp", to)
  if not moved then error(message, 0) end
end

return function(from, to)
  local source <close> = assert(io.open(from, "rb"))
  local target <close> = assert(io.open(to .. ".tmp", "wb"))
  local ok, message = pcall(pour, from, to, source, target)
  if ok then return end
  os.remove(to .. ".tmp")
  error(message, 0)
end
