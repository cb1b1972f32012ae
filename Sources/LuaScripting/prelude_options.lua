-- Options of the script, and what is left: the end of the prelude, which returns the module.
local native, shared = ...
local fail = native.fail
local concat = table.concat
local bench, unknown, keys_of = shared.bench, shared.unknown, shared.keys_of
local print, os = print, rawget(_G, "os")

-- ---- Options of the script ----------------------------------------------------------------------------------------

local arguments = rawget(_G, "arg") or {}
bench.script_folder = tostring(arguments[0] or ""):match "^(.*)/[^/]*$" or "."

local function help_text(rows)
  local script = tostring(arguments[0] or "script"):match "[^/]*$"
  local lines, width = { "Options of " .. script .. ":" }, 0
  for _, row in ipairs(rows) do width = math.max(width, #row[1]) end
  for _, row in ipairs(rows) do
    local default = type(row[2]) == "table" and concat(row[2], ",") or tostring(row[2] == nil and "" or row[2])
    default = default ~= "" and "  (" .. default .. ")" or ""
    lines[#lines + 1] = ("  --%s%s  %s%s"):format(row[1], (" "):rep(width - #row[1]), row[3] or "", default)
  end
  return concat(lines, "\n")
end

-- A word of the command line, as the type of the default.
local function convert(name, word, default)
  if type(default) == "number" then
    local number = tonumber(word)
    if not number then fail("--" .. name .. " needs a number, not '" .. word .. "'") end
    if math.type(default) == "integer" and math.type(number) ~= "integer" then
      fail("--" .. name .. " needs a whole number, not '" .. word .. "'")
    end
    return number
  elseif type(default) == "boolean" then
    if word == "true" or word == "yes" or word == "1" then return true end
    if word == "false" or word == "no" or word == "0" then return false end
    fail("--" .. name .. " is true or false, not '" .. word .. "'")
  elseif type(default) == "table" then
    local list = {}
    for part in word:gmatch "[^,]+" do list[#list + 1] = part end
    return list
  end
  return word
end

-- Rows of {name, default, help}; the script's arguments fill them in. --help prints them and ends the script.
function bench.options(rows)
  if type(rows) ~= "table" then fail("options: a list of {name, default, help} is needed, not a " .. type(rows)) end
  local values, defaults, names = {}, {}, {}
  for index, row in ipairs(rows) do
    if type(row) ~= "table" or type(row[1]) ~= "string" then
      fail("options: row " .. index .. " must be {name, default, help}")
    end
    names[index], names[row[1]] = row[1], true
    values[row[1]], defaults[row[1]] = row[2], row[2]
  end
  local index = 1
  while arguments[index] do
    local word = arguments[index]
    if word == "--help" or word == "-h" then
      print(help_text(rows))
      native.stop()
      os.exit(true, true)
    end
    local name, value = word:match "^%-%-([^=]+)=(.*)$"
    name = name or word:match "^%-%-(.+)$"
    if not name then fail("'" .. word .. "' is not an option; write --name value (--help lists them)") end
    if not names[name] then unknown("unknown option", name, names) end
    if not value then
      if type(defaults[name]) == "boolean" then
        value = "true"
      else
        index = index + 1
        value = arguments[index]
        if not value then fail("--" .. name .. " needs a value") end
      end
    end
    values[name] = convert(name, value, defaults[name])
    index = index + 1
  end
  return setmetatable(values, {
    __index = function(_, name)
      if not names[name] then unknown("the script has no option", name, names) end
    end,
  })
end

-- ---- The rest -----------------------------------------------------------------------------------------------------

bench.system_info = native.system_info
bench.tasks = native.task_catalogue

-- In the sandbox, reading a global that nobody set is an error. A stock Lua's globals are not ours to change.
local function declare_globals()
  bench.print = _G.print
  setmetatable(_G, {
    __index = function(environment, name) unknown("undeclared variable", name, keys_of(environment)) end,
    __metatable = "strict",
  })
end

return setmetatable(bench, {
  __index = function(_, name)
    if name == "declare_globals" and native.embedded then return declare_globals end
    unknown("gemmabench has no", name, keys_of(bench))
  end,
  __metatable = "gemmabench",
})
