-- Numbers in sentences.
local words = {}

-- "21,600"
function words.thousands(number)
  local text, count = tostring(number), nil
  repeat text, count = text:gsub("^(%d+)(%d%d%d)", "%1,%2") until count == 0
  return text
end

-- "1 cell", "1,200 cells"
function words.count(number, word)
  return ("%s %s%s"):format(words.thousands(number), word, number == 1 and "" or "s")
end

return words
