-- A first sweep: a few small models on three tasks, and a table of what they can do and what they take.
--
--   gemmabench script scripts/demo.lua
--   gemmabench script scripts/demo.lua --limit 50 --out results/fifty
--   gemmabench script scripts/demo.lua --models path/of/gemma-3-1b-it,another/folder --data my/data
--   gemmabench script scripts/demo.lua --help
local bench = require "gemmabench"

-- Each row is a name, a default and what --help says. Values given on the command line take the default's type.
local options = bench.options {
  { "limit",  20,             "samples per task (per subject in MMLU); 0: all" },
  { "shots",  5,              "number of few-shot examples" },
  { "models", {},             "model folders, comma-separated; default: the two small models" },
  { "data",   "",             "folder with mmlu/ and gsm8k/; default: GEMMABENCH_DATA" },
  { "lengths", { "32", "64" }, "tokens to generate after each prompt of the efficiency task, comma-separated" },
  { "subset", "mathematics",  "subject or group of subjects of MMLU" },
  { "out",    "results/demo", "folder for the report" },
}

-- Small trained models come along in pocket/, with questions of their own. Where they are missing, a tiny checkpoint
-- from the tests stands in: it is random, so expect guesses from it.
local here = bench.script_folder
local pocket = {
  models = { here .. "/pocket/models/pocket-1m", here .. "/pocket/models/pocket-6m" },
  data = here .. "/pocket/data",
  subset = "all",
}
local stand_in = {
  models = { here .. "/../Tests/Goldens/tiny" },
  data = here .. "/../Tests/Goldens/tasks/data",
  subset = "mathematics",
}

local lengths = {}
for index, word in ipairs(options.lengths) do
  lengths[index] = math.tointeger(tonumber(word)) or error("--lengths: '" .. word .. "' is not a whole number", 0)
end

-- A task's own data folder is one below: mmlu/ and gsm8k/. Without it the library looks in GEMMABENCH_DATA.
local function tasks_of(choice)
  local function data_of(task) return choice.data and choice.data .. "/" .. task end
  return {
    { "mmlu", subset = choice.subset, shots = options.shots, data = data_of "mmlu" },
    { "gsm8k", shots = options.shots, data = data_of "gsm8k" },
    { "efficiency", output_lengths = lengths, repetitions = 5 },
  }
end

-- Whether models and data are there; if not, also why. Errors are caught as anywhere in Lua, with pcall.
local function usable(choice)
  return pcall(function()
    for _, folder in ipairs(choice.models) do bench.load_model(folder):free() end
    for _, task in ipairs(tasks_of(choice)) do bench.task(task):free() end
  end)
end

local choice
if #options.models > 0 then
  choice = { models = options.models, data = options.data ~= "" and options.data or nil, subset = options.subset }
else
  local ok, reason = usable(pocket)
  choice = ok and pocket or stand_in
  if not ok then
    print("The small models cannot be used: " .. tostring(reason):gsub("^[^:]*:%d+: ", "") .. ".")
    print "A random stand-in takes their place: its accuracy is that of guessing."
  end
end

-- The sweep runs every model on every task. A cell that fails is in the report with its reason and stops nothing else.
local report, cancelled = bench.sweep {
  name = "demo",
  models = choice.models,
  tasks = tasks_of(choice),
  limit = options.limit,
  output = options.out,
}

print(report:table())
local _, failures = report:runs()
for _, failure in ipairs(failures) do print("Cell " .. failure.index .. " failed: " .. failure.message) end

-- What thinking is worth: one model, tuned to conversations, is asked the same problems with thinking on and off. The
-- samples are paired, so that the interval is that of the difference.
local thinker = here .. "/pocket/models/pocket-6m-it"
if choice == pocket and not cancelled then
  local thoughts = bench.sweep {
    name = "thinking",
    models = {
      { path = thinker, name = "without thinking", thinking = "off" },
      { path = thinker, name = "with thinking", thinking = "on", thinking_budget = 128 },
    },
    tasks = {
      {
        "custom", name = "problems", data = pocket.data .. "/gsm8k/test.jsonl", prompt = "{question}",
        answer_pattern = "#### (-?[0-9]+)", pattern = "#### (-?[0-9]+)", metric = "numeric_match", stop = {}, max_tokens = 16,
      },
    },
    limit = options.limit == 0 and 0 or 5 * options.limit,
    output = options.out .. "/thinking",
  }
  print(thoughts:table())
  print(thoughts:compare { by = "thinking", "off", "on" })
end

print((cancelled and "Cancelled; the finished part" or "The report") .. " is in " .. options.out)
if #failures > 0 then error(#failures .. " of the demo's cells failed", 0) end
