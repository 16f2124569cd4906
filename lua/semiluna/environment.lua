-- The variables of the environment that a run depends on: what its script asked for by sl.env, and those that decide how it computes.
-- They are stored with the run, so that `semiluna diff` can name them.
local environment = {}

-- Names that scripts asked for, with the text they found, or false.
local asked = {}

-- Read by the program, by OpenMP, by oneDNN or by the loader of libraries, and of consequence for speed or results.
local known = {
  "OMP_NUM_THREADS", "OMP_DYNAMIC", "OMP_PROC_BIND", "OMP_PLACES", "OMP_WAIT_POLICY", "OMP_THREAD_LIMIT", "GOMP_SPINCOUNT",
  "GOMP_CPU_AFFINITY", "KMP_BLOCKTIME", "KMP_AFFINITY", "ONEDNN_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_MAX_CPU_ISA",
  "SEMILUNA_LUA", "LD_LIBRARY_PATH", "LD_PRELOAD", "LUA_PATH", "MALLOC_ARENA_MAX",
}

-- The variable `name`, or `default` where it is not set or empty.
function environment.get(name, default)
  local value = os.getenv(name)
  if value == "" then value = nil end
  asked[name] = value or false
  if value == nil then return default end
  return value
end

-- A list of {name, value}, by name; the value is nil for what a script asked for in vain.
function environment.rows()
  local values, rows = {}, {}
  for _, name in ipairs(known) do values[name] = os.getenv(name) end
  for name, value in pairs(asked) do values[name] = value end
  for name, value in pairs(values) do rows[#rows + 1] = { name = name, value = value or nil } end
  table.sort(rows, function(a, b) return a.name < b.name end)
  return rows
end

return environment
