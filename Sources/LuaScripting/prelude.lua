-- The Lua face of gemmabench, in parts: this one, then tasks, sweeps and options. The C glue calls each with `native`, its
-- table of functions, and `shared`, where a part leaves what the next ones use; the last returns the module.
-- It runs embedded (in the sandbox) and in a stock Lua 5.4, so it keeps to the base, string and table libraries.
local native, shared = ...
local fail = native.fail
local concat, sort = table.concat, table.sort
local io = rawget(_G, "io")

local bench = { version = native.version, null = native.null, env = native.env, print = print }

-- ---- Names ---------------------------------------------------------------------------------------------------------

local function keys_of(...)
  local names = {}
  for _, source in ipairs { ... } do
    for name in pairs(source) do
      if type(name) == "string" then names[#names + 1] = name end
    end
  end
  sort(names)
  return names
end

local function unknown(what, word, names)
  local hint = #names > 0 and native.suggest(tostring(word), names):gsub('"', "'") or ""
  fail(what .. " '" .. tostring(word) .. "'" .. hint)
end

local function copy(source)
  local result = {}
  for key, value in pairs(source) do result[key] = value end
  return result
end

local calls -- what the library's schema says of calls, read when the first is made

-- Options of a call, a table or nothing, under their own names: keys are checked by the schema, where the call may be called
-- otherwise.
local function check_options(call, options, name)
  if options == nil then return {} end
  if type(options) ~= "table" then fail(call .. ": options must be a table, not a " .. type(options)) end
  calls = calls or native.schema().calls
  local names, own = {}, {}
  for _, option in ipairs(calls[name or call]) do
    names[#names + 1], own[option.name] = option.name, option.name
    for _, alias in ipairs(option.aliases) do own[alias] = option.name end
  end
  local result = {}
  for key, value in pairs(options) do
    if not own[key] then unknown(call .. ": unknown option", key, names) end
    if result[own[key]] ~= nil then fail(("%s: %s is given twice, also as '%s'"):format(call, own[key], key)) end
    result[own[key]] = value
  end
  return result
end

-- ---- Progress -----------------------------------------------------------------------------------------------------

-- A function is called; true draws on stderr where there is one; nothing leaves it to whoever runs the script.
local function progress_function(call, progress)
  if progress == nil or progress == false then return nil end
  if progress == true then return not native.embedded and native.draw_progress or nil end
  if type(progress) ~= "function" then fail(call .. ": progress must be a function or true, not a " .. type(progress)) end
  return progress
end

-- ---- Methods ------------------------------------------------------------------------------------------------------

local methods = { model = {}, task = {}, run = {}, plan = {}, report = {} }
for kind, metatable in pairs(native.metatables) do
  local own = methods[kind]
  own.free = native.free
  function metatable.__index(_, name)
    local method = own[name]
    if method == nil then unknown("a " .. kind .. " has no method", name, keys_of(own)) end
    return method
  end
end

local model, task, run, plan, report = methods.model, methods.task, methods.run, methods.plan, methods.report

function bench.load_model(path, options)
  if type(path) == "table" then
    options = copy(path)
    path, options.path = options.path, nil
  end
  options = check_options("load_model", options)
  if type(path) ~= "string" then fail("load_model: path must be the folder of a model or its name on the Hub, not a " .. type(path)) end
  return native.load_model(path, options, progress_function("load_model", options.progress))
end

-- Writes a model as a GGUF file with quantised matrices: type is "q4_k" unless the options say another. Returns what was
-- written: path, type, parameters, bytes_before, bytes, bits_per_weight, and tensors by type.
function bench.quantize(source, path, options)
  options = check_options("quantize", options)
  if type(source) ~= "string" then fail("quantize: the folder of a model, a GGUF file or a name on the Hub is needed, not a " .. type(source)) end
  if type(path) ~= "string" then fail("quantize: the path of the file to write is needed, not a " .. type(path)) end
  return native.quantize(source, path, options, progress_function("quantize", options.progress))
end

-- Downloads a data set into the Hub's cache and checks it: id, config, revision, size_bytes, received_bytes, splits.
function bench.fetch_data(name, options)
  options = check_options("fetch_data", options)
  if type(name) ~= "string" then fail("fetch_data: the name of a data set on the Hub is needed, not a " .. type(name)) end
  return native.fetch_data(name, options)
end

-- The data sets in the Hub's cache: id, revision, refs, size_bytes, splits, path.
bench.cached_data = native.cached_data

model.info, model.detokenize, model.score = native.model_info, native.detokenize, native.score

-- Token ids of a text; with {bos = true} the beginning-of-sequence token is in front.
function model:tokenize(text, options)
  options = check_options("tokenize", options)
  if type(text) ~= "string" then fail("tokenize: a text is needed, not a " .. type(text)) end
  return native.tokenize(self, text, options.bos)
end

-- The prompt of a conversation such as {{role = "user", content = "Hello"}}, by the model's chat template.
function model:apply_chat_template(messages, options)
  options = check_options("apply_chat_template", options)
  if type(messages) ~= "table" then
    fail("apply_chat_template: a list of messages is needed, not a " .. type(messages))
  end
  return native.apply_chat_template(self, messages, options.add_generation_prompt == false, options.thinking)
end

-- The answer to a conversation, whose last message is the user's; its thought is kept apart.
function model:chat(messages, options)
  options = check_options("chat", options)
  if type(messages) == "string" then messages = { { role = "user", content = messages } } end
  if type(messages) ~= "table" then fail("chat: a list of messages is needed, not a " .. type(messages)) end
  local settings = {}
  for key, value in pairs(options) do if key ~= "on_text" then settings[key] = value end end
  return native.chat(self, messages, settings, options.on_text)
end

function model:generate(prompt, options)
  options = check_options("generate", options)
  if type(prompt) ~= "string" then fail("generate: a prompt is needed, not a " .. type(prompt)) end
  if type(options.stop) == "string" then options.stop = { options.stop } end
  if options.top_p == 0 then fail "generate: top_p 0: must be above 0 and at most 1" end
  return native.generate(self, prompt, options, options.on_token)
end

task.info = native.task_info
function task:prompts(count) return native.task_prompts(self, count) end

run.count, run.sample, run.info = native.run_count, native.run_sample, native.run_info

-- for index, sample in run:samples() do ... end
function run:samples()
  local index, count = 0, native.run_count(self)
  return function()
    index = index + 1
    if index <= count then return index, native.run_sample(self, index) end
  end
end

function run:stats(options)
  return native.stats(self, check_options("stats", options))
end

-- ---- Statistics ---------------------------------------------------------------------------------------------------

-- Two runs of one task, sample by sample: the difference (first minus second), its interval, and the tests.
function bench.compare(first, second, options)
  return native.compare(first, second, check_options("compare", options))
end

-- A value of a metric as reports print it, by its unit: bench.format_value(39.75, "errors").
function bench.format_value(value, unit)
  if type(value) ~= "number" then fail("format_value: a number is needed, not a " .. type(value)) end
  return native.format_value(value, unit)
end

-- The p-values of many tests, adjusted by "holm" (the default) or "benjamini_hochberg".
function bench.adjust(p_values, method)
  if type(p_values) ~= "table" then fail("adjust: a list is needed, not a " .. type(p_values)) end
  return native.adjust(p_values, method or "holm")
end

-- Power analysis: give what is known, and the rest is computed.
function bench.power(options)
  return native.power(check_options("power", options))
end

-- ---- What the other parts use -------------------------------------------------------------------------------------

-- A function among the options of a call, nil if it is not there.
local function function_option(call, options, name)
  local value = options[name]
  if value ~= nil and type(value) ~= "function" then fail(call .. ": " .. name .. " must be a function, not a " .. type(value)) end
  return value
end

shared.bench, shared.methods, shared.keys_of, shared.unknown = bench, methods, keys_of, unknown
shared.check_options, shared.progress_function = check_options, progress_function
shared.copy, shared.function_option = copy, function_option
