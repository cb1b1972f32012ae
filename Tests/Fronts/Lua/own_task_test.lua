-- Tasks of a script's own, hooks, and what a report says of several axes; embedded and in a stock lua5.4 alike.
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
local model = bench.load_model { path = folder, name = "tiny", threads = 1 }

-- A task of four sums; `change` replaces keys.
local function sums(change)
  local task = {
    name = "sums",
    samples = { { a = 1, b = 2 }, { a = 2, b = 2 }, { a = 3, b = 2 }, { a = 4, b = 2 } },
    prompt = function(sample) return ("%d + %d ="):format(sample.a, sample.b) end,
    target = function(sample) return sample.a + sample.b end,
    score = function(sample, response)
      return { score = response.text:find(tostring(sample.a + sample.b), 1, true) and 1 or 0, prediction = response.text }
    end,
    stop = { "\n" }, max_tokens = 4,
  }
  for key, value in pairs(change or {}) do task[key] = value end
  return task
end

local function line_of(message) return tonumber(tostring(message):match "score: [%w_/%.%-]*own_task_test%.lua:(%d+):") end

test("a task of one's own runs like any other", function()
  local run = model:run(sums())
  equal(run:count(), 4)
  equal(run:sample(1).id, "0")
  equal(run:sample(1).target, "3")
  equal(run:info().task, "sums")
  equal(run:stats().count, 4)
  equal(run:stats().unscored, 0)
end)
test("repeats give each sample several responses, with the metrics of all of them", function()
  local run = model:run(sums { repeats = 4, temperature = 1.5 })
  equal(#run:sample(1).responses, 4)
  equal(#run:sample(1).response_scores, 4)
  local stats = run:stats { metric = "score" }
  equal(stats.count, 4)
  assert(stats.sampling_variance >= 0 and stats.sampling_variance <= 0.25 * 4 / 3)
  for _, name in ipairs { "score_pass@2", "score_pass@4", "score_maj@4" } do equal(run:stats { metric = name }.count, 4) end
  equal(bench.power { difference = 0.05, items = 500, sampling_variance = 0.1, repeats = 4 }.repeats, 4)
  fails({ "repeats 2", "temperature" }, model.run, model, sums { repeats = 2 })
  fails({ "repeats", "1024" }, bench.task, sums { repeats = 2000 })
end)
test("it shows its prompts", function()
  local task <close> = bench.task(sums())
  equal(task:prompts(2)[2].context, "2 + 2 =")
  equal(task:info().type, "callbacks")
end)
test("choices are chosen among, and the target decides where there is no score", function()
  local seen
  local run = model:run {
    name = "opposites", samples = { { word = "hot", answer = "cold" } },
    prompt = function(sample) return "The opposite of " .. sample.word .. " is" end,
    choices = { " cold", " warm" },
  }
  local sample = run:sample(1)
  equal(#sample.log_likelihoods, 2)
  equal(sample.score, sample.log_likelihoods[1] >= sample.log_likelihoods[2] and 1 or 0)
  model:run {
    name = "opposites", samples = { "x" }, prompt = function() return "x" end,
    choices = function() return { " a", " b", " c" } end,
    score = function(_, response) seen = response return true end,
  }
  assert(seen.chosen >= 1 and seen.chosen <= 3 and #seen.log_likelihoods == 3)
end)
test("an error in score names the sample and the line, and has the run with it", function()
  local here
  local debug = rawget(_G, "debug") -- not in the sandbox
  local message = fails({ "sums: sample 2: score: ", "attempt to index" }, model.run, model, sums {
    score = function(sample, response)
      if sample.a == 3 then here = debug and debug.getinfo(1, "l").currentline return sample.missing.field end
      return 1
    end,
  })
  assert(line_of(message), tostring(message))
  if here then equal(line_of(message), here) end
  equal(message.run:info().complete, false)
  local failing
  for _, sample in message.run:samples() do
    if sample.id == "2" then failing = sample end
  end
  equal(failing.flags[1], "score_failed")
  equal(failing.score, nil)
end)
test("errors in prompt and in samples name the sample", function()
  local message = fails({ "sums: sample 1: prompt: ", "own_task_test.lua:" }, model.run, model, sums {
    prompt = function(sample) if sample.a == 2 then error "no prompt" end return "x" end,
  })
  equal(message.run:count(), 1)
  fails({ "sample 0", "own_task_test.lua:" }, bench.task, sums { target = function() error "no target" end })
  fails({ "must return a text" }, model.run, model, sums { prompt = function() return 5 end })
end)
test("a score that cannot be used names the sample", function()
  fails({ "sums: sample ", ": score", "binary" }, model.run, model, sums { score = function() return 0.5 end })
  fails({ "metric" }, model.run, model, sums { score = function() return { scores = { scor = 1 } } end })
  local run = model:run(sums { score = function() return 0.5 end, metric = { name = "part", binary = false } })
  equal(run:stats().mean, 0.5)
  equal(model:run(sums { score = function() return nil end }):stats().unscored, 4)
end)
test("wrong keys and kinds are errors that say so", function()
  fails({ "'promt'", "'prompt'" }, bench.task, sums { promt = 1 })
  fails({ "prompt must be a function" }, bench.task, sums { prompt = "x" })
  fails({ "samples must be" }, bench.task, sums { samples = {} })
  fails({ "leave out stop" }, bench.task, sums { choices = { "a" } })
  fails({ "name must be" }, bench.task, sums { name = false })
end)
test("a sweep takes tasks of one's own beside others, as tables or handles", function()
  local task <close> = bench.task(sums { name = "handle" })
  local report = bench.sweep {
    models = { folder }, limit = 2,
    tasks = { sums(), task, { "mmlu", subset = "abstract_algebra", shots = 0, name = "algebra" } },
  }
  local runs, failures = report:runs()
  equal(#failures, 0)
  equal(runs[1]:info().task .. " " .. runs[2]:info().task .. " " .. runs[3]:info().task, "sums handle algebra")
  fails({ "two tasks have the name" }, bench.sweep, { models = { folder }, tasks = { sums(), sums() } })
end)
test("a task may have a limit of its own, and tasks may stand under names", function()
  local few = sums { limit = 1 }
  few.name = nil
  local report = bench.sweep {
    models = { folder }, limit = 3,
    tasks = { few = few, mmlu = { subset = "abstract_algebra", shots = 0 },
              algebra = { "mmlu", subset = "abstract_algebra", shots = 0, limit = 2 } },
  }
  local words = {}
  for index, run in ipairs((report:runs())) do words[index] = run:info().task .. " " .. run:count() end
  equal(table.concat(words, ", "), "algebra 2, few 1, mmlu_abstract_algebra 3")
end)
test("a task that fails in a sweep ends its cell alone", function()
  local report, stopped = bench.sweep {
    models = { folder }, tasks = { sums { score = function() error "broken" end }, sums { name = "whole" } },
  }
  equal(stopped, nil)
  local runs = report:runs()
  assert(runs[1]:info().failure:find("sums: sample", 1, true))
  equal(runs[2]:info().complete, true)
  assert(report:table():find("stopped after", 1, true))
end)
test("hooks see samples and cells", function()
  local samples, cells = 0, {}
  bench.sweep {
    models = { folder }, tasks = { sums(), sums { name = "more" } },
    on_sample = function(sample) samples = samples + 1 assert(sample.model and sample.task and sample.id) end,
    on_cell = function(cell) cells[#cells + 1] = cell.cell .. cell.task .. cell.run.samples end,
  }
  equal(samples, 8)
  equal(table.concat(cells, " "), "1sums4 2more4")
end)
test("an error in a hook ends the sweep, which keeps what it has and says where", function()
  local report, stopped = bench.sweep {
    models = { folder }, tasks = { sums(), sums { name = "more" } },
    on_cell = function() error "enough" end,
  }
  assert(stopped:find "own_task_test%.lua:%d+: enough", stopped)
  equal(#report:runs(), 1)
  report, stopped = bench.sweep { models = { folder }, tasks = { sums() }, on_sample = function() return false end }
  equal(stopped, "cancelled")
  assert(report:runs()[1]:count() >= 1)
  local message = fails({ "on_sample: ", "own_task_test.lua:" }, model.run, model, sums(), { on_sample = function() error "x" end })
  assert(message.run:count() >= 1)
  fails({ "on_cell must be a function" }, bench.sweep, { models = { folder }, tasks = { sums() }, on_cell = 5 })
end)
test("a task can be run by its own callback", function()
  local inner
  local task <close> = bench.task(sums {
    score = function()
      if not inner then
        inner = true
        model:generate("x", { max_tokens = 1 })
      end
      return 1
    end,
  })
  equal(model:run(task):stats().mean, 1.0)
  fails({ "in use" }, model.run, model, task, { on_sample = function() task:free() end })
end)
test("a report is laid out by axes, and its runs compared along one", function()
  local report = bench.sweep {
    models = bench.cross { path = { folder }, quantization = { "none", "q8_0" } }, tasks = { sums(), sums { name = "more" } },
  }
  local text = report:table { rows = "quantization", columns = "task" }
  assert(text:find("sums", 1, true) and text:find("q8_0", 1, true) and text:find("% (", 1, true), text)
  fails({ "several runs" }, report.table, report, { rows = "path", columns = "task" })
  fails({ '"quantisation"', 'did you mean "quantization"' }, report.table, report, { rows = "quantisation" })
  local found = report:compare { by = "quantization", "none", "q8_0", replicates = 100 }
  equal(#found, 2)
  equal(found[1].task, "sums")
  equal(found[1].count, 4)
  assert(tostring(found):find("quantization: none minus q8_0", 1, true), tostring(found))
  fails({ '"q4_0"', 'did you mean "q8_0"' }, report.compare, report, { by = "quantization", "none", "q4_0" })
  fails({ "by and two" }, report.compare, report, { "none", "q4_0" })
  -- The same pairs as models of one report, and as runs of two.
  equal(#report:compare { replicates = 100 }, 2)
  local other = report:compare { with = report, replicates = 100 }
  assert(#other >= 4 and other[1].holm == other[1].benjamini_hochberg, tostring(other))
end)
test("a declared task", function()
  local data = bench.env "GEMMABENCH_DATA" .. "/gsm8k/test.jsonl"
  local run = model:run({ "custom", data = data, prompt = "{question}", answer_pattern = "#### (.+)", extract = "last_number",
    metric = "numeric_match", maximum_tokens = 4, name = "declared" })
  equal(run:info().task, "declared")
  fails({ '"promt"', "prompt" }, bench.task, { "custom", data = data, promt = "x" })
end)

print(passed .. " passed, " .. failed .. " failed")
if failed > 0 then error("own_task_test.lua: " .. failed .. " failed", 0) end
