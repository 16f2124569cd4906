-- What tells the data of two runs apart: images that one of them alone has, and images or labels whose files differ.
local datadiff = {}

-- The lines of a split's text: {order = {ids}, [id] = {image, label}}.
local function parse(text)
  local set, order = {}, {}
  for line in text:gmatch "[^\n]+" do
    local id, image, label = line:match "^(.*) (%S+) (%S+)$"
    if id then
      order[#order + 1] = id
      set[id] = { image, label }
    end
  end
  return set, order
end

-- The differences of two texts (see dataprint.lua): {only_a, only_b, images, labels}, lists of ids, and `order`, true where the same ids
-- come in another order.
function datadiff.compare(text_a, text_b)
  local a, order_a = parse(text_a)
  local b, order_b = parse(text_b)
  local found = { only_a = {}, only_b = {}, images = {}, labels = {}, order = false }
  for _, id in ipairs(order_a) do
    if not b[id] then
      table.insert(found.only_a, id)
    else
      if a[id][1] ~= b[id][1] then table.insert(found.images, id) end
      if a[id][2] ~= b[id][2] then table.insert(found.labels, id) end
    end
  end
  for _, id in ipairs(order_b) do
    if not a[id] then table.insert(found.only_b, id) end
  end
  if #found.only_a == 0 and #found.only_b == 0 then
    for i, id in ipairs(order_a) do found.order = found.order or order_b[i] ~= id end
  end
  return found
end

local query = [[SELECT s.name, s.images, s.sha256, t.text FROM run_split s LEFT JOIN split t ON t.sha256 = s.sha256 WHERE s.run = ?]]

-- The splits that differ between two runs, by name: {name, a, b, found}, where a and b are their rows, nil where there is none.
function datadiff.runs(db, a, b)
  local splits, names = {}, {}
  for side, run in pairs { a = a, b = b } do
    for _, row in ipairs(db:query(query, run)) do
      if not splits[row.name] then names[#names + 1] = row.name end
      splits[row.name] = splits[row.name] or { name = row.name }
      splits[row.name][side] = row
    end
  end
  table.sort(names)
  local list = {}
  for _, name in ipairs(names) do
    local split = splits[name]
    if not (split.a and split.b) then
      list[#list + 1] = split
    elseif split.a.sha256 ~= split.b.sha256 then
      split.found = datadiff.compare(split.a.text or "", split.b.text or "")
      list[#list + 1] = split
    end
  end
  return list
end

return datadiff
