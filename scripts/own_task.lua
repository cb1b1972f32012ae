-- Two custom tasks: one that chooses and one that generates, on the small models that come along.
--
--   gemmabench script scripts/own_task.lua
local bench = require "gemmabench"

local here = bench.script_folder
local options = bench.options {
  { "models", { here .. "/pocket/models/pocket-1m", here .. "/pocket/models/pocket-6m" }, "models, comma-separated" },
  { "limit",  0, "samples per task; 0: all" },
  { "out",    "results/own-task", "folder for the report" },
}

-- The most likely choice is the response; it is right if it is the sample's answer.
local opposites = {
  name    = "opposites",
  metric  = "accuracy",
  samples = {
    { word = "hot",  answer = "cold",  choices = { "big", "cold", "sweet" } },
    { word = "big",  answer = "small", choices = { "loud", "cold", "small" } },
    { word = "slow", answer = "fast",  choices = { "fast", "deep", "sad" } },
  },
  prompt  = function(sample) return "Question: What is the opposite of " .. sample.word .. "?\nAnswer:" end,
  choices = function(sample)
    local choices = {}
    for index, choice in ipairs(sample.choices) do choices[index] = " " .. choice end
    return choices
  end,
}

-- A task may make its samples, and give more than one number for each.
local sums = {
  name    = "sums",
  samples = function()
    local samples = {}
    for number = 1, 12 do samples[number] = { id = "plus-" .. number, a = number, b = 7 } end
    return samples
  end,
  prompt     = function(sample)
    return ("Question: Ruth has %d books. Ruth finds %d more. How many books does Ruth have?\nAnswer:"):format(sample.a, sample.b)
  end,
  target     = function(sample) return sample.a + sample.b end,
  stops      = { "\n\n" },
  max_tokens = 48,
  metrics    = { "right", { name = "words", binary = false, upper = 48, summary = "words of the answer" } },
  score      = function(sample, response)
    local last
    for number in response.text:gmatch "%d+" do last = tonumber(number) end
    local words = select(2, response.text:gsub("%S+", ""))
    return { scores = { right = last == sample.a + sample.b, words = words }, prediction = last }
  end,
}

local report = bench.sweep {
  name    = "own-task",
  models  = options.models,
  tasks   = { opposites, sums },
  limit   = options.limit,
  output  = options.out,
  on_cell = function(cell) print(cell.model .. " has done " .. cell.task) end,
}
print(report:table { rows = "task", columns = "model" })
