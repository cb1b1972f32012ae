-- Tasks: those of the catalogue, and those of a script's own.
local native, shared = ...
local fail = native.fail
local bench, unknown, copy = shared.bench, shared.unknown, shared.copy
local model = shared.methods.model

-- ---- Of the catalogue ---------------------------------------------------------------------------------------------

-- {"mmlu", shots = 5} and {type = "mmlu", shots = 5} are the same task.
local function task_specification(call, source)
  if type(source) == "string" then return { type = source } end
  if type(source) ~= "table" then fail(call .. ": a task is a table such as {\"mmlu\", shots = 5}, not a " .. type(source)) end
  local specification = {}
  for key, value in pairs(source) do
    if key == 1 then key = "type" end
    if type(key) ~= "string" then fail(call .. ": a task takes one name and then options, such as {\"mmlu\", shots = 5}") end
    specification[key] = value
  end
  if type(specification.type) ~= "string" then
    fail(call .. ": the task needs a type, such as {\"mmlu\", shots = 5}, or its own samples and prompt")
  end
  return specification
end

-- ---- Of a script's own --------------------------------------------------------------------------------------------

local own_keys = {
  "name", "samples", "prompt", "score", "choices", "target", "stop", "stops", "max_tokens", "metric", "metrics", "id", "subject",
  "clusters", "description", "version", "limit", "repeats", "temperature", "top_k", "top_p", "sampling_seed",
}
local is_own_key = {}
for _, key in ipairs(own_keys) do is_own_key[key] = true end

local function is_own(source) return type(source) == "table" and source.samples ~= nil end

-- What is said of a sample under a key: by a function, by the name of a field, or in the sample's own field `default`.
local function of_sample(sample, index, key, way, default)
  if type(way) == "function" then return way(sample, index) end
  if type(sample) ~= "table" then return nil end
  local field = way == nil and default or way
  return sample[field]
end

-- What a sample shares with others, by kind: of a function, of fields that are named, or in the sample's own `clusters`.
local function clusters_of(sample, index, way)
  if type(way) == "function" then return way(sample, index) end
  if type(sample) ~= "table" then return nil end
  if way == nil then return type(sample.clusters) == "table" and sample.clusters or nil end
  local found = {}
  for _, field in ipairs(type(way) == "table" and way or { way }) do
    if sample[field] == nil then fail(("clusters: the sample has no field %q"):format(tostring(field))) end
    found[field] = sample[field]
  end
  return found
end

-- The data of a sample, for the record: functions in it stay out.
local function document_of(sample)
  if type(sample) ~= "table" then return { sample = sample } end
  local document = {}
  for key, value in pairs(sample) do
    if type(key) == "string" and (type(value) == "string" or type(value) == "number" or type(value) == "boolean") then
      document[key] = value
    end
  end
  return document
end

local function texts(source)
  if type(source) == "string" then return { source } end
  return source
end

local function check_way(place, key, value, kinds)
  for kind in kinds:gmatch "%S+" do
    if type(value) == kind then return end
  end
  fail(place .. ": " .. key .. " must be a " .. kinds:gsub(" ", " or a ") .. ", not a " .. type(value))
end

-- A task of the script's own: {name, samples, prompt} and, as it needs, score, choices, target, stops, max_tokens, ...
local function define_task(source)
  for key in pairs(source) do
    if not is_own_key[key] then unknown("task: unknown key", tostring(key), own_keys) end
  end
  local place = "task " .. tostring(source.name)
  if type(source.name) ~= "string" then fail "task: name must be a text, which reports show" end
  check_way(place, "samples", source.samples, "table function")
  check_way(place, "prompt", source.prompt, "function")
  check_way(place, "score", source.score, "function nil")
  check_way(place, "choices", source.choices, "table function nil")
  check_way(place, "target", source.target, "function string nil")
  check_way(place, "subject", source.subject, "function string nil")
  check_way(place, "clusters", source.clusters, "function table string nil")
  check_way(place, "id", source.id, "function string nil")
  local stop = source.stop == nil and source.stops or source.stop -- stops is its older name
  check_way(place, "stop", stop, "table string nil")
  check_way(place, "max_tokens", source.max_tokens, "number nil")
  if source.choices and (stop or source.max_tokens) then
    fail(place .. ": choices are scored, not generated; leave out stop and max_tokens")
  end
  local samples = source.samples
  if type(samples) == "function" then samples = samples() end
  if type(samples) ~= "table" or #samples == 0 then fail(place .. ": samples must be a list with at least one sample") end

  local functions = {}
  function functions.sample(index)
    local sample = samples[index]
    local target = of_sample(sample, index, "target", source.target, "target")
    if target == nil and source.target == nil then target = of_sample(sample, index, "target", nil, "answer") end
    return {
      id = of_sample(sample, index, "id", source.id, "id"),
      subject = of_sample(sample, index, "subject", source.subject, "subject"),
      clusters = clusters_of(sample, index, source.clusters),
      target = target, document = document_of(sample),
    }
  end
  function functions.prompt(index)
    local sample = samples[index]
    local text = source.prompt(sample, index)
    if type(text) ~= "string" then fail("the prompt function must return a text, not a " .. type(text)) end
    local choices = source.choices
    if type(choices) == "function" then choices = choices(sample, index) end
    if source.choices and (type(choices) ~= "table" or #choices == 0) then
      fail("choices must be a list with at least one text")
    end
    return {
      prompt = text, description = source.description, continuations = choices,
      stop = texts(stop), max_tokens = source.max_tokens,
    }
  end
  if source.score then
    function functions.score(index, response)
      if response.chosen then response.chosen = response.chosen + 1 end
      return source.score(samples[index], response, index)
    end
  end
  local description = {}
  for _, key in ipairs {
    "name", "metric", "metrics", "version", "repeats", "temperature", "top_k", "top_p", "sampling_seed",
  } do
    description[key] = source[key]
  end
  return native.define_task(description, #samples, functions)
end

function bench.task(source)
  if is_own(source) then return define_task(source) end
  return native.load_task(task_specification("task", source))
end

-- ---- Runs ---------------------------------------------------------------------------------------------------------

-- The run, and "cancelled" after it if the progress function returned false.
function model:run(of_task, options)
  options = shared.check_options("run", options)
  local progress = shared.progress_function("run", options.progress)
  local on_sample = shared.function_option("run", options, "on_sample")
  -- What is not of the call is of the model: how it is asked.
  local settings = copy(options)
  for _, name in ipairs { "limit", "batch_size", "progress", "on_sample" } do settings[name] = nil end
  if type(of_task) == "userdata" then
    return native.run_task(self, of_task, options.limit, progress, settings, on_sample, options.batch_size)
  end
  local loaded <close> = bench.task(of_task)
  local result, cancelled = native.run_task(self, loaded, options.limit, progress, settings, on_sample,
    options.batch_size)
  return result, cancelled
end

-- The task as a plan has it, and its handle where the plan cannot say it all.
function shared.planned_task(call, source)
  if type(source) == "userdata" or is_own(source) then
    local handle = source
    if type(source) ~= "userdata" then handle = define_task(source) end
    local info = native.task_info(handle)
    if info.type ~= "callbacks" then
      fail(call .. ": a task of the catalogue goes into a plan as a table, such as {\"mmlu\", shots = 5}")
    end
    return { type = "callbacks", name = info.name, limit = type(source) == "table" and source.limit or nil }, handle
  end
  return copy(task_specification(call, source))
end
