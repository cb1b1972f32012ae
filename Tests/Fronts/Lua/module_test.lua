-- What the module promises, embedded (gemmabench script) and in a stock lua5.4 alike.
-- GEMMABENCH_TEST_MODEL names a model folder and GEMMABENCH_DATA the folder of the tasks' data.
local bench = require "gemmabench"

local passed, failed = 0, 0

local function test(promise, body)
  local ok, message = pcall(body)
  if ok then
    passed = passed + 1
  else
    failed = failed + 1
    print("FAILED " .. promise .. ": " .. tostring(message))
  end
end

local function equal(found, expected)
  if found ~= expected then error("found " .. tostring(found) .. ", expected " .. tostring(expected), 2) end
end

-- The message of a call that must fail; every given piece must be in it.
local function fails(pieces, call, ...)
  local ok, message = pcall(call, ...)
  if ok then error("no error", 2) end
  for _, piece in ipairs(pieces) do
    if not tostring(message):find(piece, 1, true) then error("'" .. tostring(message) .. "' lacks '" .. piece .. "'", 2) end
  end
  return message
end

local folder = bench.env "GEMMABENCH_TEST_MODEL"
if not folder then error "GEMMABENCH_TEST_MODEL is not set; run the tests with make test" end
local mmlu = { "mmlu", subset = "abstract_algebra", shots = 0 }
local model = bench.load_model { path = folder, name = "tiny", threads = 1 }

-- ---- The module --------------------------------------------------------------------------------------------------

test("the version is three numbers", function() assert(bench.version:match "^%d+%.%d+%.%d+$") end)
test("the machine is described", function() equal(type(bench.system_info()), "table") end)
test("the catalogue holds mmlu and gsm8k", function()
  local types = {}
  for _, entry in ipairs(bench.tasks()) do types[entry.type] = true end
  assert(types.mmlu and types.gsm8k)
end)
test("an unknown name of the module suggests the nearest", function()
  fails({ "'load_modle'", "'load_model'" }, function() return bench.load_modle end)
end)
test("only the variables of the library can be read", function()
  fails({ "'PATH'", "GEMMABENCH_*" }, bench.env, "PATH")
  equal(bench.env "GEMMABENCH_SURELY_NOT_SET", nil)
end)
test("errors name the line of the script", function()
  fails({ "module_test.lua:" }, function()
    local made = bench.load_model "/nowhere/at/all"
    return made
  end)
end)

-- ---- Models ------------------------------------------------------------------------------------------------------

test("a missing model is an error", function() fails({ "/nowhere" }, bench.load_model, "/nowhere/at/all") end)
test("an unknown option of load_model suggests the nearest", function()
  fails({ "'thread'", "'threads'" }, bench.load_model, folder, { thread = 2 })
end)
test("a negative count is an error", function() fails({ "threads" }, bench.load_model, folder, { threads = -1 }) end)
test("a model tells its name", function() equal(model:info().name, "tiny") end)
test("an unknown method suggests the nearest", function()
  fails({ "'tokenise'", "'tokenize'" }, function() return model.tokenise end)
end)
test("a text survives its tokens", function()
  local tokens = model:tokenize "hello there"
  assert(#tokens > 0)
  equal(model:detokenize(tokens), "hello there")
end)
test("bos adds one token in front", function()
  equal(#model:tokenize("hello", { bos = true }), #model:tokenize "hello" + 1)
end)
test("a conversation becomes a prompt", function()
  local messages = { { role = "user", content = "Hello" } }
  local text = model:apply_chat_template(messages)
  equal(text, "<bos><start_of_turn>user\nHello<end_of_turn>\n<start_of_turn>model\n")
  equal(model:apply_chat_template(messages, { add_generation_prompt = false }), text:sub(1, #text - 21))
  fails({ "thinking" }, model.apply_chat_template, model, messages, { thinking = true })
  equal(model:apply_chat_template(messages, { thinking = false }), text)
  fails({ "alternate" }, model.apply_chat_template, model, { { role = "assistant", content = "Hi" } })
  fails({ "a string" }, model.apply_chat_template, model, "Hello")
end)
test("every token of a continuation gets a log-probability", function()
  local scores = model:score(model:tokenize("hello", { bos = true }), model:tokenize " there")
  equal(#scores, #model:tokenize " there")
  for _, score in ipairs(scores) do assert(score <= 0) end
end)
test("an empty context is an error", function() fails({}, model.score, model, {}, { 5 }) end)
test("a token list with a text in it is an error", function() fails({ "'x'" }, model.detokenize, model, { "x" }) end)
test("a generation stops at max_tokens", function()
  local made = model:generate("hello", { max_tokens = 3 })
  equal(type(made.text), "string")
  assert(#made.tokens <= 3)
end)
test("each token is shown as it is made, and false ends the generation", function()
  local seen = 0
  model:generate("hello", {
    max_tokens = 8,
    on_token = function(token, text)
      assert(math.type(token) == "integer" and type(text) == "string")
      seen = seen + 1
      return false
    end,
  })
  assert(seen <= 1)
end)
test("an error in on_token comes out of generate", function()
  local ok, message = pcall(model.generate, model, "hello", { max_tokens = 4, on_token = function() error { code = 7 } end })
  assert(ok or message.code == 7)
end)

test("a seed draws the same text again, another seed another one", function()
  local function draw(seed) return model:generate("hello", { max_tokens = 12, temperature = 1.5, seed = seed }).text end
  equal(draw(7), draw(7))
  assert(draw(7) ~= draw(8) or draw(7) ~= draw(9))
  equal(model:generate("hello", { max_tokens = 5, temperature = 2, top_k = 1, stop = "zq" }).text,
    model:generate("hello", { max_tokens = 5 }).text)
  fails({ "temperature" }, model.generate, model, "hello", { temperature = -1 })
  fails({ "temperature" }, model.generate, model, "hello", { temperature = "hot" })
  fails({ "top_p" }, model.generate, model, "hello", { temperature = 1, top_p = 0 })
  fails({ "top_k" }, model.generate, model, "hello", { top_k = 4 })
end)

-- ---- Tasks and runs ----------------------------------------------------------------------------------------------

test("an unknown task is an error", function() fails({ "mmlu" }, bench.task, { "mmmlu" }) end)
test("an unknown option of a task is an error", function() fails({ "shotz" }, bench.task, { "mmlu", shotz = 5 }) end)
test("a task shows its prompts", function()
  local task <close> = bench.task(mmlu)
  local prompts = task:prompts(1)
  equal(#prompts, 1)
  equal(type(prompts[1].context), "string")
end)
test("a run holds a sample for each document", function()
  local task <close> = bench.task(mmlu)
  local run = model:run(task, { limit = 2 })
  assert(run:count() > 0)
  local seen = 0
  for index, sample in run:samples() do
    seen = seen + 1
    equal(index, seen)
    equal(type(sample), "table")
  end
  equal(seen, run:count())
  fails({ "0" }, run.sample, run, 0)
  fails({ tostring(seen + 1) }, run.sample, run, seen + 1)
  equal(type(run:info()), "table")
  local stats = run:stats { confidence_level = 0.9 }
  equal(stats.count, seen)
  equal(stats.confidence_level, 0.9)
  assert(stats.lower <= stats.mean and stats.mean <= stats.upper)
  fails({}, run.stats, run, { confidence_level = 2 })
  fails({ "'metrik'", "'metric'" }, run.stats, run, { metrik = "accuracy" })
end)
test("efficiency is measured by medians, for each prompt and length", function()
  local run = model:run { "efficiency", sample_prompts = { "One day" }, output_lengths = { 2, 5 }, repetitions = 3 }
  equal(run:count(), 2)
  local sample = run:sample(2)
  equal(sample.answer_tokens, 5)
  equal(#sample.measurements, 3)
  equal(#sample.measurements[1].inter_token_seconds, 4)
  local stats = run:stats { metric = "time_to_first_token_seconds" }
  equal(stats.mean, nil)
  assert(stats.median > 0)
  local info = run:info()
  equal(#info.efficiency, 2)
  equal(info.tokens_saved, 0)
  assert(info.metrics.decode_tokens_per_second.median > 0)
  fails({ "output_lengths" }, bench.task, { "efficiency", output_lengths = { 1 } })
end)
test("the batch size changes no answer", function()
  local function answers(size)
    local texts = {}
    for _, sample in model:run({ "gsm8k", shots = 1, maximum_tokens = 6 }, { batch_size = size }):samples() do
      texts[#texts + 1] = sample.response
    end
    return table.concat(texts, "|")
  end
  equal(answers(1), answers(64))
  fails({ "batch_size" }, model.run, model, mmlu, { batch_size = -1 })
end)
test("progress counts up", function()
  local last
  model:run(mmlu, { limit = 2, progress = function(progress) last = progress end })
  assert(last and last.completed == last.total)
end)
test("false from progress cancels and keeps what was done", function()
  local run, cancelled = model:run(mmlu, { limit = 2, progress = function() return false end })
  equal(cancelled, "cancelled")
  assert(run:count() >= 0)
end)
test("an error in progress comes out of run, with its value", function()
  local ok, message = pcall(model.run, model, mmlu, { progress = function() error("stop here", 0) end })
  equal(ok, false)
  equal(message, "stop here")
end)
test("a model in use cannot be freed by its own callback", function()
  fails({ "in use" }, model.run, model, mmlu, { progress = function() model:free() end })
end)
test("handles refuse to work after they were freed, and may be freed twice", function()
  local run = model:run(mmlu, { limit = 1 })
  run:free()
  run:free()
  fails({ "freed" }, run.count, run)
end)
test("a method on the wrong thing is an error", function() fails({ "model" }, model.info, "model") end)

-- ---- Sweeps ------------------------------------------------------------------------------------------------------

local sweep = { name = "test", models = { { path = folder, name = "tiny" } }, tasks = { mmlu }, limit = 2 }

test("a sweep ends in a report", function()
  local report = bench.sweep(sweep)
  assert(#report:table() > 0)
  assert(#report:render "json" > 0)
  fails({}, report.render, report, "parchment")
  local runs, failures = report:runs()
  equal(#runs, 1)
  equal(#failures, 0)
  assert(runs[1]:count() > 0)
  equal(report:stats()[1].count, runs[1]:count())
end)
test("a report draws charts", function()
  local report <close> = bench.sweep(sweep)
  if rawget(_G, "io") then -- a script in the sandbox cannot read the file back
    local base = os.tmpname()
    report:chart("heatmap", base .. ".svg")
    local file <close> = assert(io.open(base .. ".svg"))
    equal(file:read(4), "<svg")
    os.remove(base .. ".svg")
    os.remove(base)
  end
  fails({ "fewer than two models" }, report.chart, report, "differences", "chart.svg")
  fails({ "heatmap" }, report.chart, report, "heatmop", "chart.svg")
end)
test("a run of a report is unusable once the report is freed", function()
  local report = bench.sweep(sweep)
  local run = report:runs()[1]
  report:free()
  fails({ "freed" }, run.count, run)
end)
test("a run keeps its report alive", function()
  local run = bench.sweep(sweep):runs()[1]
  collectgarbage()
  collectgarbage()
  assert(run:count() > 0)
end)
test("an unknown key of a plan is an error", function()
  fails({ "limmit" }, bench.plan, { models = { folder }, tasks = { mmlu }, limmit = 1 })
end)
test("a plan describes itself", function() equal(type(bench.plan(sweep):info()), "table") end)
test("a cancelled sweep returns what was done", function()
  local description = { models = { folder }, tasks = { mmlu }, limit = 2, progress = function() return false end }
  local report, cancelled = bench.sweep(description)
  equal(cancelled, "cancelled")
  equal(tostring(report), "gemmabench report")
end)
test("a report that cannot be written is an error", function()
  local report = bench.sweep(sweep)
  fails({}, report.write, report, "/proc/gemmabench/report")
end)
test("runs are compared, sample by sample", function()
  local runs = bench.sweep(sweep):runs()
  local found = bench.compare(runs[1], runs[1], { margin = 0.2, replicates = 200 })
  equal(found.difference, 0.0)
  equal(found.p_value, 1.0)
  fails({ "margn", "margin" }, bench.compare, runs[1], runs[1], { margn = 0.2 })
  fails({ "level" }, bench.compare, runs[1], runs[1], { confidence_level = 7 })
  fails({ "a run expected" }, bench.compare, runs[1], 3)
  fails({ "metric: a text was expected" }, bench.compare, runs[1], runs[1], { metric = {} })
  fails({ "confidence_level: a number between 0 and 1" }, runs[1].stats, runs[1], { confidence_level = "high" })
  equal(runs[1]:stats { interval = "clopper_pearson" }.count, runs[1]:count())
  equal(next(runs[1]:stats().statistics), nil)
  equal(runs[1]:stats { trim = 0.1 }.statistics.trimmed_mean.trim, 0.1)
  fails({ "wilson" }, runs[1].stats, runs[1], { interval = "wilsn" })
end)
test("values are printed by their unit", function()
  equal(bench.format_value(0.4401), "44.0%")
  equal(bench.format_value(39.75, "errors"), "39.75 errors")
  fails({ "unit" }, bench.format_value, 1, "two\nlines")
  fails({ "a number is needed" }, bench.format_value, "x")
end)

test("p-values are adjusted, and comparisons planned", function()
  equal(table.concat(bench.adjust { 0.01, 0.04, 0.03 }, " "), "0.03 0.06 0.06")
  equal(#bench.adjust({}, "benjamini_hochberg"), 0)
  fails({ "entry 2" }, bench.adjust, { 0.1, "x" })
  fails({ "2.0" }, bench.adjust, { 2 })
  equal(bench.power { design = "independent", difference = 0.05 }.items_needed, 1565)
  fails({ "items: a whole number from 1" }, bench.power, { items = 0 })
  fails({ "give difference" }, bench.power, {})
  fails({ "independent" }, bench.power, { design = "independant", items = 5 })
end)
test("a plan by names and sections is the plan in lists, and runs vary what they can", function()
  local listed = bench.plan { models = { { path = folder, name = "a" } }, tasks = { mmlu }, runs = 2, limit = 2 }
  local named = bench.plan { models = { a = folder }, tasks = { mmlu = mmlu }, evaluation = { runs = 2, limit = 2 } }
  equal(named:info().hash, listed:info().hash)
  local estimate = listed:estimate()
  equal(#estimate.cells, 2)
  local report = listed:run()
  local rows = report:stats()
  equal(rows[1].run .. " " .. rows[2].run, "1 2")
  local first, second = report:runs()[1]:sample(1), report:runs()[2]:sample(1)
  equal(first.id .. first.target, second.id .. second.target)
  equal(first.prompt_sha256 == second.prompt_sha256, false)
  fails({ "runs" }, bench.plan, { models = { folder }, tasks = { mmlu }, runs = 0 })
  fails({ "/missing/config.yaml" }, bench.plan, "/missing/config.yaml")
end)
test("an output folder keeps answers, and gives them back", function()
  local output = bench.env "GEMMABENCH_TEST_OUTPUT"
  if not output then error "GEMMABENCH_TEST_OUTPUT is not set; run the tests with make test" end
  local plan = { models = { folder }, tasks = { mmlu }, limit = 2, output = output, cache = false }
  local first = bench.sweep(plan)
  local found = 0
  plan.progress = function(event) found = event.found or found end
  local again = bench.sweep(plan)
  equal(again:render "samples", first:render "samples")
  equal(found, 0) -- a finished cell is not gone through again
  equal(bench.read_report(output .. "#1"):render "csv", first:render "csv")
  equal(bench.history(output)[1].run, output .. "#1")
  equal(first:export("csv", output .. "/samples.csv")[1], output .. "/samples.csv")
  fails({ "lm-evl" }, first.export, first, "lm-evl", output)
  fails({ "output" }, bench.sweep, { models = { folder }, tasks = { mmlu }, output = 3 })
  fails({ "cache" }, bench.sweep, { models = { folder }, tasks = { mmlu }, cache = "no" })
  -- More tokens than the context holds: a cell's own failure, which no look at the plan finds.
  fails({ "the only cell of the sweep failed", "context" }, bench.sweep, {
    models = { { path = folder, context_length = 64 } },
    tasks = { { "efficiency", output_lengths = { 100 }, repetitions = 1 } },
  })
end)
test("a report that is not there cannot be read", function()
  fails({ "/missing/report" }, bench.read_report, "/missing/report")
  fails({ "path" }, bench.read_report, {})
end)
test("cross keeps one order", function()
  local list = bench.cross { quantization = { "none", "q8" }, path = { "a", "b" } }
  local words = {}
  for index, entry in ipairs(list) do words[index] = entry.path .. entry.quantization end
  equal(table.concat(words, " "), "anone aq8 bnone bq8")
end)

-- ---- Options -----------------------------------------------------------------------------------------------------

local function with_arguments(list, rows)
  local kept = {}
  for index = 1, #arg do kept[index] = arg[index] end
  for index = #arg, 1, -1 do arg[index] = nil end
  for index, word in ipairs(list) do arg[index] = word end
  local ok, result = pcall(bench.options, rows)
  for index = #arg, 1, -1 do arg[index] = nil end
  for index, word in ipairs(kept) do arg[index] = word end
  if not ok then error(result, 0) end
  return result
end

local rows = { { "limit", 200, "samples" }, { "level", 0.5 }, { "verbose", false }, { "out", "here" } }

test("options have their defaults", function()
  local options = with_arguments({}, rows)
  equal(options.limit, 200)
  equal(options.verbose, false)
end)
test("options take the type of their default", function()
  local options = with_arguments({ "--limit", "7", "--level=0.25", "--verbose", "--out", "there" }, rows)
  equal(math.type(options.limit), "integer")
  equal(options.limit, 7)
  equal(options.level, 0.25)
  equal(options.verbose, true)
  equal(options.out, "there")
end)
test("an unknown option suggests the nearest", function()
  fails({ "'limt'", "'limit'" }, with_arguments, { "--limt", "3" }, rows)
end)
test("a wrong or missing value is an error", function()
  fails({ "--limit", "many" }, with_arguments, { "--limit", "many" }, rows)
  fails({ "--out" }, with_arguments, { "--out" }, rows)
  fails({ "stray" }, with_arguments, { "stray" }, rows)
end)
test("an option that was never declared cannot be read", function()
  local options = with_arguments({}, rows)
  fails({ "'limits'", "'limit'" }, function() return options.limits end)
end)

print(passed .. " passed, " .. failed .. " failed")
if failed > 0 then error("module_test.lua: " .. failed .. " failed", 0) end
