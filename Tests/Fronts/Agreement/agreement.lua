-- Prints what a run measured, in the form that every front of Tests/Fronts/Agreement prints.
local bench = require "gemmabench"

local model = bench.load_model(bench.env "GEMMABENCH_TEST_MODEL")
local run = model:run(bench.task { "mmlu", subset = "mathematics", shots = 2 })
local stats = run:stats()
print(("%.17g %.17g %.17g %.17g %d"):format(stats.mean, stats.standard_error, stats.lower, stats.upper, stats.count))
for index = 1, run:count() do print(("%.17g"):format(run:sample(index).log_likelihoods[1])) end
