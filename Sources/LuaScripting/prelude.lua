-- The Lua face of gemmabench. The C glue calls this chunk with `native`, its table of functions, and gets the module.
-- It runs embedded (in the sandbox) and in a stock Lua 5.4, so it keeps to the base, string and table libraries.
local native = ...
local fail = native.fail
local concat, sort, unpack = table.concat, table.sort, table.unpack
local print, os, io = print, rawget(_G, "os"), rawget(_G, "io")

local bench = { version = native.version, null = native.null, env = native.env, print = print }

-- ---- Nearest names ------------------------------------------------------------------------------------------------

-- Edits (insert, delete, replace) that turn one word into the other.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local change = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + change)
      diagonal, row[j] = row[j], best
    end
  end
  return row[#b]
end

-- The nearest of the names, if it is near enough to be what was meant.
local function nearest(word, names)
  local best, best_distance
  for _, name in ipairs(names) do
    local edits = distance(word:lower(), name:lower())
    if not best or edits < best_distance then best, best_distance = name, edits end
  end
  if best and best_distance <= math.max(1, math.min(3, #word // 2)) then return best end
end

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
  local near = type(word) == "string" and nearest(word, names)
  local hint = near and ("; did you mean '" .. near .. "'?") or ("; known: " .. concat(names, ", "))
  fail(what .. " '" .. tostring(word) .. "'" .. (#names > 0 and hint or ""))
end

-- Options of a call: a table, or nothing, with keys from a list.
local function check_options(call, options, known)
  if options == nil then return {} end
  if type(options) ~= "table" then fail(call .. ": options must be a table, not a " .. type(options)) end
  local names = {}
  for name in known:gmatch "%S+" do names[#names + 1], names[name] = name, true end
  for name in pairs(options) do
    if not names[name] then unknown(call .. ": unknown option", name, names) end
  end
  return options
end

-- ---- Progress -----------------------------------------------------------------------------------------------------

local function draw_progress(progress)
  local total = progress.total and ("/" .. progress.total) or ""
  local score = progress.score and (" mean " .. ("%.3f"):format(progress.score)) or ""
  io.stderr:write("\r", progress.stage or "", " ", progress.message or "", " ", progress.completed, total, score, "\27[K")
  if progress.completed == progress.total then io.stderr:write "\n" end
end

-- A function is called; true draws on stderr where there is one; nothing leaves it to whoever runs the script.
local function progress_function(call, progress)
  if progress == nil or progress == false then return nil end
  if progress == true then return not native.embedded and io and draw_progress or nil end
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
  if type(specification.type) ~= "string" then fail(call .. ": the task needs a name, such as {\"mmlu\", shots = 5}") end
  return specification
end

function bench.task(specification)
  return native.load_task(task_specification("task", specification))
end

function bench.load_model(path, options)
  if type(path) == "table" then
    options = check_options("load_model", path, "path name threads context_length cache_dir quantization precision progress")
    path = options.path
  else
    options = check_options("load_model", options, "name threads context_length cache_dir quantization precision progress")
  end
  if type(path) ~= "string" then fail("load_model: path must be the folder of a model or its name on the Hub, not a " .. type(path)) end
  return native.load_model(path, options, progress_function("load_model", options.progress))
end

model.info, model.detokenize, model.score = native.model_info, native.detokenize, native.score

-- Token ids of a text; with {bos = true} the beginning-of-sequence token is in front.
function model:tokenize(text, options)
  options = check_options("tokenize", options, "bos")
  if type(text) ~= "string" then fail("tokenize: a text is needed, not a " .. type(text)) end
  return native.tokenize(self, text, options.bos)
end

-- The prompt of a conversation such as {{role = "user", content = "Hello"}}, by the model's chat template.
function model:apply_chat_template(messages, options)
  options = check_options("apply_chat_template", options, "add_generation_prompt thinking")
  if type(messages) ~= "table" then
    fail("apply_chat_template: a list of messages is needed, not a " .. type(messages))
  end
  return native.apply_chat_template(self, messages, options.add_generation_prompt == false, options.thinking)
end

function model:generate(prompt, options)
  options = check_options("generate", options, "max_tokens stops on_token")
  if type(prompt) ~= "string" then fail("generate: a prompt is needed, not a " .. type(prompt)) end
  if type(options.stops) == "string" then
    options = { max_tokens = options.max_tokens, stops = { options.stops }, on_token = options.on_token }
  end
  return native.generate(self, prompt, options, options.on_token)
end

-- The run, and "cancelled" after it if the progress function returned false.
function model:run(of_task, options)
  options = check_options("run", options, "limit chat_template progress")
  local progress = progress_function("run", options.progress)
  if type(of_task) == "userdata" then
    return native.run_task(self, of_task, options.limit, progress, options.chat_template)
  end
  local loaded <close> = bench.task(of_task)
  local result, cancelled = native.run_task(self, loaded, options.limit, progress, options.chat_template)
  return result, cancelled
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
  options = check_options("stats", options, "confidence_level metric interval clusters replicates seed")
  return native.stats(self, options)
end

-- ---- Statistics ---------------------------------------------------------------------------------------------------

-- Two runs of one task, sample by sample: the difference (first less second), its interval, and the tests.
function bench.compare(first, second, options)
  options = check_options("compare", options, "confidence_level margin metric clusters replicates seed")
  return native.compare(first, second, options)
end

-- The probabilities of many tests, adjusted by "holm" (the default) or "benjamini_hochberg".
function bench.adjust(probabilities, method)
  if type(probabilities) ~= "table" then fail("adjust: a list is needed, not a " .. type(probabilities)) end
  return native.adjust(probabilities, method or "holm")
end

-- What a comparison would find, before it is run; give what is known, and the rest is found.
function bench.power(options)
  options = check_options("power", options,
    "design baseline difference items power significance discordance runs sampling_variance half_width")
  for name, value in pairs(options) do
    if value == 0 and name ~= "sampling_variance" then
      fail("power: " .. name .. " is 0: give another value, or leave it out where it is not known")
    end
  end
  return native.power(options)
end

-- ---- Plans and reports --------------------------------------------------------------------------------------------

local function copy(source)
  local result = {}
  for key, value in pairs(source) do result[key] = value end
  return result
end

-- The entries of a list in its order, or of a table by name in the order of the names.
local function entries(source, convert)
  local result = {}
  for index, entry in ipairs(source) do result[index] = convert(entry, index) end
  for _, name in ipairs(keys_of(source)) do result[#result + 1] = convert(source[name], name) end
  return result
end

local function model_entry(entry, key)
  if type(entry) == "string" then entry = { path = entry } end
  if type(key) ~= "string" or type(entry) ~= "table" or entry.name ~= nil then return entry end
  local named = copy(entry)
  named.name = key
  return named
end

local function task_entry(entry, key)
  if type(key) == "string" and type(entry) == "table" then
    local named = copy(entry)
    if named[1] == nil and named.type == nil then named.type = key end
    entry = named
  end
  return task_specification("plan: task " .. key, entry)
end

-- The plan as the library reads it: it checks the keys, and says which it does not know. A text is the path of a file of
-- YAML or JSON.
function bench.plan(source)
  if type(source) == "string" then return native.plan_read(source) end
  if type(source) ~= "table" then fail("plan: a table with models and tasks is needed, not a " .. type(source)) end
  local result = copy(source)
  if type(source.models) ~= "table" then fail("plan: models must be a list such as {\"path/of/model\"}") end
  if type(source.tasks) ~= "table" then fail("plan: tasks must be a list such as {{\"mmlu\", shots = 5}}") end
  result.models, result.tasks = entries(source.models, model_entry), entries(source.tasks, task_entry)
  return native.plan_parse(result)
end

plan.info = native.plan_info

-- Whether a call does without the cache of answers.
local function without_cache(call, options)
  if options.cache ~= nil and type(options.cache) ~= "boolean" then
    fail(call .. ": cache must be true or false, not a " .. type(options.cache))
  end
  return options.cache == false
end

function plan:run(options)
  options = check_options("plan:run", options, "output cache progress")
  if options.output ~= nil and type(options.output) ~= "string" then
    fail("plan:run: output must be the path of a folder, not a " .. type(options.output))
  end
  return native.plan_run(self, progress_function("plan:run", options.progress), options.output,
    without_cache("plan:run", options))
end

-- What the plan would take, without running it: cells with their tokens, and the time from least to most.
function plan:estimate(options)
  options = check_options("plan:estimate", options, "progress")
  return native.plan_estimate(self, progress_function("plan:estimate", options.progress))
end

-- A plan, run. Returns the report, and "cancelled" after it if the progress function returned false. With an output folder
-- answers are kept there as they come, and the report is written: the same sweep again goes on where it was interrupted.
function bench.sweep(source)
  if type(source) ~= "table" then fail("sweep: a table with models and tasks is needed, not a " .. type(source)) end
  local description = copy(source)
  description.progress, description.cache = nil, nil
  local made <close> = bench.plan(description)
  local progress = progress_function("sweep", source.progress)
  local result, cancelled = native.plan_run(made, progress, nil, without_cache("sweep", source))
  return result, cancelled
end

-- A run: the latest of an output folder, "FOLDER#2" for its second, or what report:write wrote.
function bench.read_report(path)
  if type(path) ~= "string" then fail("read_report: a path is needed, not a " .. type(path)) end
  return native.report_read(path)
end

-- The sweeps in the stores of a folder and of those in it, oldest first; `run` of each is what read_report takes.
function bench.history(folder)
  if type(folder) ~= "string" then fail("history: a folder is needed, not a " .. type(folder)) end
  return native.store_history(folder)
end

-- Writes the report for other programs: "json" or "csv" into a file, "lm-eval" into a folder. Returns the paths written.
function report:export(format, path) return native.report_export(self, format, path) end

function report:table() return native.report_render(self, "table") end
function report:render(format) return native.report_render(self, format or "table") end
function report:write(folder) return native.report_write(self, folder) end

-- One chart into a file whose ending names its form: report:chart("heatmap", "scores.svg").
function report:chart(name, path) return native.report_chart(self, name, path) end

-- Every chart that has something to show into a folder; formats is a list such as {"svg", "png", "pdf"}.
-- Returns { files = {...}, left_out = {{chart = ..., reason = ...}} }.
function report:charts(folder, formats)
  if type(formats) == "table" then formats = concat(formats, ",") end
  return native.report_charts(self, folder, formats)
end

-- The runs that there are, and a list of {index, message} for the cells that failed.
function report:runs()
  local runs, failures = {}, {}
  for index = 1, native.report_run_count(self) do
    local found, message = native.report_run(self, index)
    if found then
      runs[#runs + 1] = found
    else
      failures[#failures + 1] = { index = index, message = message }
    end
  end
  return runs, failures
end

-- Statistics of every run, with the model and the task they are of and the number of the run.
function report:stats(options)
  local rows = {}
  for index, found in ipairs((report.runs(self))) do
    local row, info = run.stats(found, options), native.run_info(found)
    row.model, row.task, row.run = info.model, info.task, info.run_number
    rows[index] = row
  end
  return rows
end

-- Every combination of lists of values: the first key (in alphabetical order) changes slowest.
function bench.cross(axes)
  if type(axes) ~= "table" then fail("cross: a table of lists is needed, not a " .. type(axes)) end
  local combinations = { {} }
  for _, name in ipairs(keys_of(axes)) do
    local values = axes[name]
    if type(values) ~= "table" then values = { values } end
    local longer = {}
    for _, combination in ipairs(combinations) do
      for _, value in ipairs(values) do
        local extended = copy(combination)
        extended[name] = value
        longer[#longer + 1] = extended
      end
    end
    combinations = longer
  end
  return combinations
end

-- ---- Options of the script ----------------------------------------------------------------------------------------

local arguments = rawget(_G, "arg") or {}
bench.script_folder = tostring(arguments[0] or ""):match "^(.*)/[^/]*$" or "."

local function help_text(rows)
  local script = tostring(arguments[0] or "script"):match "[^/]*$"
  local lines, width = { "Options of " .. script .. ":" }, 0
  for _, row in ipairs(rows) do width = math.max(width, #row[1]) end
  for _, row in ipairs(rows) do
    local default = type(row[2]) == "table" and concat(row[2], ",") or tostring(row[2] == nil and "" or row[2])
    default = default ~= "" and "  (" .. default .. ")" or ""
    lines[#lines + 1] = ("  --%s%s  %s%s"):format(row[1], (" "):rep(width - #row[1]), row[3] or "", default)
  end
  return concat(lines, "\n")
end

-- A word of the command line, as the type of the default.
local function convert(name, word, default)
  if type(default) == "number" then
    local number = tonumber(word)
    if not number then fail("--" .. name .. " needs a number, not '" .. word .. "'") end
    if math.type(default) == "integer" and math.type(number) ~= "integer" then
      fail("--" .. name .. " needs a whole number, not '" .. word .. "'")
    end
    return number
  elseif type(default) == "boolean" then
    if word == "true" or word == "yes" or word == "1" then return true end
    if word == "false" or word == "no" or word == "0" then return false end
    fail("--" .. name .. " is true or false, not '" .. word .. "'")
  elseif type(default) == "table" then
    local list = {}
    for part in word:gmatch "[^,]+" do list[#list + 1] = part end
    return list
  end
  return word
end

-- Rows of {name, default, help}; the script's arguments fill them in. --help prints them and ends the script.
function bench.options(rows)
  if type(rows) ~= "table" then fail("options: a list of {name, default, help} is needed, not a " .. type(rows)) end
  local values, defaults, names = {}, {}, {}
  for index, row in ipairs(rows) do
    if type(row) ~= "table" or type(row[1]) ~= "string" then
      fail("options: row " .. index .. " must be {name, default, help}")
    end
    names[index], names[row[1]] = row[1], true
    values[row[1]], defaults[row[1]] = row[2], row[2]
  end
  local index = 1
  while arguments[index] do
    local word = arguments[index]
    if word == "--help" or word == "-h" then
      print(help_text(rows))
      native.stop()
      os.exit(true, true)
    end
    local name, value = word:match "^%-%-([^=]+)=(.*)$"
    name = name or word:match "^%-%-(.+)$"
    if not name then fail("'" .. word .. "' is not an option; write --name value (--help lists them)") end
    if not names[name] then unknown("unknown option", name, names) end
    if not value then
      if type(defaults[name]) == "boolean" then
        value = "true"
      else
        index = index + 1
        value = arguments[index]
        if not value then fail("--" .. name .. " needs a value") end
      end
    end
    values[name] = convert(name, value, defaults[name])
    index = index + 1
  end
  return setmetatable(values, {
    __index = function(_, name)
      if not names[name] then unknown("the script has no option", name, names) end
    end,
  })
end

-- ---- The rest -----------------------------------------------------------------------------------------------------

bench.system_info = native.system_info
bench.tasks = native.task_catalogue

-- In the sandbox, reading a global that nobody set is an error. A stock Lua's globals are not ours to change.
local function declare_globals()
  bench.print = _G.print
  setmetatable(_G, {
    __index = function(environment, name) unknown("undeclared variable", name, keys_of(environment)) end,
    __metatable = "strict",
  })
end

return setmetatable(bench, {
  __index = function(_, name)
    if name == "declare_globals" and native.embedded then return declare_globals end
    unknown("gemmabench has no", name, keys_of(bench))
  end,
  __metatable = "gemmabench",
})
