-- How much accuracy does 4-bit cost, and what does it buy?
--
--   gemmabench script scripts/quantization.lua
--   gemmabench script scripts/quantization.lua --limit 0 --models google/gemma-3-1b-it,google/gemma-3-4b-it --data my/data
local bench = require "gemmabench"

local here = bench.script_folder
local opt = bench.options {
  { "limit",  50,   "samples per task (per subject in MMLU); 0: all" },
  { "runs",   1,    "repetitions of each model x task pair; later runs vary few-shot examples and choice order" },
  { "seed",   1234, "all random numbers derive from it" },
  { "models", { here .. "/pocket/models/pocket-1m", here .. "/pocket/models/pocket-6m" }, "models, comma-separated" },
  { "data",   here .. "/pocket/data", "folder with mmlu/ and gsm8k/" },
  { "out",    "results/quantization", "folder for the report" },
}

-- Every model once as it is stored and twice with fewer bits.
local report = bench.sweep {
  name   = "quantization",
  runs   = opt.runs,
  seed   = opt.seed,
  output = opt.out,
  models = bench.cross {
    path         = opt.models,
    quantization = { "none", "q8_0", "q4_0" },
  },
  tasks = {
    { "mmlu",  shots = 5, limit = opt.limit, data = opt.data .. "/mmlu" },
    { "gsm8k", shots = 5, chain_of_thought = true, limit = opt.limit, data = opt.data .. "/gsm8k" },
    { "efficiency", output_lengths = { 16, 32 } },
  },
}

print(report:table { rows = "model", columns = "task" })
print(report:compare { by = "quantization", "none", "q4_0" })
print("The report is in " .. opt.out)
