-- Plans, sweeps and reports.
local native, shared = ...
local fail = native.fail
local concat = table.concat
local bench, copy, keys_of, unknown = shared.bench, shared.copy, shared.keys_of, shared.unknown
local check_options, function_option = shared.check_options, shared.function_option
local run, plan, report = shared.methods.run, shared.methods.plan, shared.methods.report

-- ---- Plans --------------------------------------------------------------------------------------------------------

-- The tasks of a script's own that a plan has; they live as long as it does.
local own_tasks = setmetatable({}, { __mode = "k" })

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

-- An entry without type is of the type that its key names; else the key is the task's name.
local function task_entry(entry, key)
  if type(key) == "string" and type(entry) == "table" then
    local named = copy(entry)
    if named[1] == nil and named.type == nil and named.samples == nil then
      named.type = key
    elseif named.name == nil and named[1] ~= key and named.type ~= key then
      named.name = key
    end
    entry = named
  end
  return shared.planned_task("plan: task " .. key, entry)
end

-- The plan as the library reads it: it checks the keys, and says which it does not know. A text is the path of a file of
-- YAML or JSON.
function bench.plan(source)
  local own, parsed = {}, nil
  if type(source) == "string" then
    parsed = native.plan_read(source)
  else
    if type(source) ~= "table" then fail("plan: a table with models and tasks is needed, not a " .. type(source)) end
    local result = copy(source)
    local models, tasks = source.models, source.tasks
    if type(models) == "string" then models = { models } end
    if type(tasks) == "string" then tasks = { tasks } end
    -- Without any, the library knows which other key was meant.
    if models ~= nil and type(models) ~= "table" then fail("plan: models must be a list such as {\"path/of/model\"}") end
    if tasks ~= nil and type(tasks) ~= "table" then fail("plan: tasks must be a list such as {{\"mmlu\", shots = 5}}") end
    result.models = models and entries(models, model_entry)
    result.tasks = tasks and entries(tasks, function(entry, key)
      local specification, handle = task_entry(entry, key)
      if handle then own[#own + 1] = handle end
      return specification
    end)
    parsed = native.plan_parse(result)
  end
  own_tasks[parsed] = own
  return parsed
end

plan.info = native.plan_info

-- Whether a call does without the response cache.
local function without_cache(call, options)
  if options.cache ~= nil and type(options.cache) ~= "boolean" then
    fail(call .. ": cache must be true or false, not a " .. type(options.cache))
  end
  return options.cache == false
end

-- A sweep that measured nothing is an error in every Lua, so that a script does not end as if it had done its work.
local function check_cells(call, result, output)
  local runs, failures = report.runs(result)
  if #runs > 0 or #failures == 0 then return end
  local reasons, seen = {}, {}
  for _, failure in ipairs(failures) do
    if not seen[failure.message] then
      seen[failure.message] = true
      reasons[#reasons + 1] = failure.message
    end
  end
  local where = output and (" (report: %s)"):format(output) or ""
  local cells = #failures == 1 and "the only cell" or ("all %d cells"):format(#failures)
  fail(("%s: %s of the sweep failed%s: %s"):format(call, cells, where, concat(reasons, "; ")))
end

local function run_plan(call, made, options, output)
  local hooks = {
    output = output, no_cache = without_cache(call, options), force = options.force == true,
    progress = shared.progress_function(call, options.progress),
    on_sample = function_option(call, options, "on_sample"),
    on_cell = function_option(call, options, "on_cell"),
  }
  for name in pairs { on_sample = true, on_cell = true } do
    local hook = hooks[name]
    if hook then
      hooks[name] = function(record)
        if record.cell then record.cell = record.cell + 1 end
        return hook(record)
      end
    end
  end
  local result, stopped = native.plan_run(made, hooks, own_tasks[made])
  if not stopped then check_cells(call, result, output) end
  return result, stopped
end

-- The report, an error if every cell failed; after it "cancelled" if a function returned false, or the error of a hook.
function plan:run(options)
  options = check_options("plan:run", options, "sweep")
  if options.output ~= nil and type(options.output) ~= "string" then
    fail("plan:run: output must be the path of a folder, not a " .. type(options.output))
  end
  return run_plan("plan:run", self, options, options.output)
end

-- What the plan would take, without running it: cells with their tokens, and the time from least to most.
function plan:estimate(options)
  options = check_options("plan:estimate", options, "estimate")
  return native.plan_estimate(self, shared.progress_function("plan:estimate", options.progress), own_tasks[self])
end

-- A plan, run: the same. With an output folder responses are saved there as they come, and the report is written: run the
-- same sweep again to resume.
function bench.sweep(source)
  if type(source) ~= "table" then fail("sweep: a table with models and tasks is needed, not a " .. type(source)) end
  local description = copy(source)
  for name in ("cache force progress on_sample on_cell"):gmatch "%S+" do description[name] = nil end
  local made <close> = bench.plan(description)
  local result, stopped = run_plan("sweep", made, source)
  return result, stopped
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

-- ---- Reports ------------------------------------------------------------------------------------------------------

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

-- Whether a call may replace files that are there: the option force.
local function force_of(call, options) return check_options(call, options, "write").force == true end

-- Writes the report for other programs: "json" or "csv" into a file, "lm-eval" into a folder. Returns the paths written.
function report:export(format, path, options)
  return native.report_export(self, format, path, force_of("report:export", options))
end

function report:render(format) return native.report_render(self, format or "table") end
function report:write(folder, options) return native.report_write(self, folder, force_of("report:write", options)) end

-- One chart into a file whose ending names its form: report:chart("heatmap", "scores.svg").
function report:chart(name, path, options)
  return native.report_chart(self, name, path, force_of("report:chart", options))
end

-- Every chart that has something to show into a folder; formats is a list such as {"svg", "png", "pdf"}.
-- Returns { files = {...}, left_out = {{chart = ..., reason = ...}} }.
function report:charts(folder, formats, options)
  if type(formats) == "table" then formats = concat(formats, ",") end
  return native.report_charts(self, folder, formats, force_of("report:charts", options))
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

-- Statistics of every run, with the model and the task they are of.
function report:stats(options)
  local rows = {}
  for index, found in ipairs((report.runs(self))) do
    local row, info = run.stats(found, options), native.run_info(found)
    row.model, row.task, row.run = info.model_name, info.task, info.run_number
    rows[index] = row
  end
  return rows
end

-- The report as a table: as it is, or with one axis of its runs down and another across.
function report:table(options)
  options = check_options("report:table", options, "table")
  return next(options) and native.report_pivot(self, options) or native.report_render(self, "table")
end

local comparison_mark = { __tostring = function(found) return found.table end }

-- Runs compared in pairs, sample by sample: those of two reports; the models of one; or, of one report, the runs that differ in
-- one axis alone: report:compare { by = "quantization", "none", "q4_0" }. A list of comparisons that prints as a table, with
-- left_out: pairs that were not compared.
function report:compare(options)
  local call = "report:compare"
  if options ~= nil and type(options) ~= "table" then
    fail(call .. ": a table such as {by = \"quantization\", \"none\", \"q4_0\"} is needed")
  end
  options = copy(options or {})
  local other, first, second = options.with, options[1], options[2]
  options.with, options[1], options[2] = nil, nil, nil
  if first ~= nil then options.values = { tostring(first), second ~= nil and tostring(second) or nil } end
  local found = native.report_compare(self, other, check_options(call, options, "compare_reports"))
  local result = found.comparisons
  result.by, result.first, result.second = found.by, found.first_value, found.second_value
  result.left_out, result.table = found.left_out, found.table
  return setmetatable(result, comparison_mark)
end
