-- A first sweep: a few small models on two tasks, and a table of what they can do.
--
--   gemmabench script scripts/demo.lua
--   gemmabench script scripts/demo.lua --limit 50 --out results/fifty
--   gemmabench script scripts/demo.lua --models google/gemma-3-1b-it,another/folder --data my/data
--   gemmabench script scripts/demo.lua --help
local bench = require "gemmabench"

-- Each row is a name, a default and what --help says. Values given on the command line take the default's type.
local options = bench.options {
  { "limit",  20,             "samples taken of each task (of each subject, in MMLU); 0 runs them all" },
  { "shots",  0,              "solved examples in front of each question" },
  { "models", {},             "folders of models, with commas between; none: the small ones that come along" },
  { "data",   "",             "folder with mmlu/ and gsm8k/; none: the data that come along" },
  { "out",    "results/demo", "folder that gets the report" },
}

-- The small models and their data lie beside this script: pocket/ where they are installed or checked out.
-- Until they are there, a tiny checkpoint of the tests stands in. It is random, so expect guesses from it.
local here = bench.script_folder
local pocket = { here .. "/pocket/models/pocket-1m", here .. "/pocket/models/pocket-6m" }
local stand_in = here .. "/../Tests/Goldens/tiny"

local function is_model(folder)
  local ok, model = pcall(bench.load_model, folder)
  if ok then model:free() end
  return ok
end

local models, data = options.models, options.data
if #models == 0 then
  local found_pocket = is_model(pocket[1])
  models = found_pocket and pocket or { stand_in }
  if data == "" then
    data = found_pocket and here .. "/pocket/data" or bench.env "GEMMABENCH_DATA" or here .. "/../Tests/Goldens/tasks/data"
  end
end
if data == "" then data = nil end -- then the library takes the folder that GEMMABENCH_DATA names

print("Models: " .. table.concat(models, ", "))

-- The sweep runs every model on every task. A cell that fails is in the report with its reason and stops nothing else.
local report, cancelled = bench.sweep {
  name = "demo",
  models = models,
  tasks = {
    { "mmlu", shots = options.shots, data = data },
    { "gsm8k", shots = options.shots, data = data },
  },
  limit = options.limit,
}

print(report:table())
local _, failures = report:runs()
for _, failure in ipairs(failures) do print("Cell " .. failure.index .. " failed: " .. failure.message) end

report:write(options.out)
print((cancelled and "Cancelled; what was done" or "The report") .. " lies in " .. options.out)
if #failures > 0 then error(#failures .. " of the demo's cells failed", 0) end
