-- The whole workflow: a configuration, models on tasks several times, statistics, charts, results, a summary.
--
--   gemmabench script scripts/advanced_usage.lua
--   gemmabench script scripts/advanced_usage.lua --models google/gemma-3-1b-it,models/gemma-3-4b --data data --runs 5
--   gemmabench script scripts/advanced_usage.lua --config my.yaml
--   gemmabench script scripts/advanced_usage.lua --help
--
-- `gemmabench run scripts/config.yaml` does the same from a file.
local bench = require "gemmabench"

local options = bench.options {
  { "models", {},                 "model folders or names on the Hub, comma-separated; default: the two small models" },
  { "data",   "",                 "folder with mmlu/ and gsm8k/; default: the small models' own, else GEMMABENCH_DATA" },
  { "subset", "all",              "subject or group of subjects of MMLU" },
  { "limit",  20,                 "samples per task (per subject in MMLU); 0: all" },
  { "runs",   3,                  "repetitions of each model x task pair; later runs vary few-shot examples and choice order" },
  { "seed",   1234,               "all random numbers derive from it" },
  { "config", "",                 "a YAML configuration to run instead of all of the above" },
  { "out",    "advanced_results", "folder for the results" },
}

local here = bench.script_folder

-- 1. The configuration: several models, several tasks. A file says the same in YAML.
local function configuration()
  if options.config ~= "" then return bench.plan(options.config) end
  local models, data = options.models, options.data
  if #models == 0 then
    models = { here .. "/pocket/models/pocket-1m", here .. "/pocket/models/pocket-6m" }
    if data == "" then data = here .. "/pocket/data" end
  end
  local function data_of(task) if data ~= "" then return data .. "/" .. task end end
  return bench.plan {
    name = "advanced usage",
    models = models,
    tasks = {
      { "mmlu", subset = options.subset, shots = 5, data = data_of "mmlu" },
      { "gsm8k", shots = 5, chain_of_thought = true, data = data_of "gsm8k" },
    },
    evaluation = {
      runs = options.runs, seed = options.seed, limit = options.limit, confidence_level = 0.95, statistical_tests = true,
    },
    output = { path = options.out, visualize = true, save_predictions = true, export_formats = { "yaml", "json" } },
  }
end

local plan <close> = configuration()
local info = plan:info()
for _, warning in ipairs(info.warnings) do print("warning: " .. warning) end

-- 2. What it will take. A model of the Hub that a token or a licence is missing for stops here, before hours are spent.
local estimate = plan:estimate()
print(("%d cells, %s models, %s tasks"):format(#estimate.cells, #info.plan.models, #info.plan.tasks))
for _, obstacle in ipairs(estimate.obstacles) do print(obstacle.model .. ": " .. obstacle.reason) end

-- 3. Every model on every task, several times; the results go to the output folder as the plan says.
local report, cancelled = plan:run()

-- 4. Scores with intervals, spread over runs, rankings, hard tasks, strengths.
print(report:table())

-- 5. One page for a reader in a hurry.
print(report:render "summary")

local folder = info.plan.output.path
if folder then print((cancelled and "Cancelled; the finished part" or "Everything") .. " is in " .. folder) end
local _, failures = report:runs()
for _, failure in ipairs(failures) do print("Cell " .. failure.index .. " failed: " .. failure.message) end
if #failures > 0 then error(#failures .. " cells failed", 0) end
