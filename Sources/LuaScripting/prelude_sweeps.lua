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

-- Whether a call does without the cache of answers.
local function without_cache(call, options)
  if options.cache ~= nil and type(options.cache) ~= "boolean" then
    fail(call .. ": cache must be true or false, not a " .. type(options.cache))
  end
  return options.cache == false
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
  return native.plan_run(made, hooks, own_tasks[made])
end

-- The report; after it "cancelled" if a function returned false, or the error of a hook.
function plan:run(options)
  options = check_options("plan:run", options, "output cache force progress on_sample on_cell")
  if options.output ~= nil and type(options.output) ~= "string" then
    fail("plan:run: output must be the path of a folder, not a " .. type(options.output))
  end
  return run_plan("plan:run", self, options, options.output)
end

-- What the plan would take, without running it: cells with their tokens, and the time from least to most.
function plan:estimate(options)
  options = check_options("plan:estimate", options, "progress")
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
local function force_of(call, options) return check_options(call, options, "force").force == true end

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
    row.metric = options and options.metric or info.main_metric
    local metric = info.metrics[row.metric] or {}
    row.unit, row.higher_is_better = metric.unit, metric.higher_is_better
    rows[index] = row
  end
  return rows
end

-- Every run with what it is told apart by: model, task, and the keys of the plan's model.
local function cells(self)
  local models = {}
  for _, entry in ipairs(native.decode(native.report_render(self, "json")).plan.models) do models[entry.name] = entry end
  local found = {}
  for index, of_cell in ipairs((report.runs(self))) do
    local info = native.run_info(of_cell)
    local axes = copy(models[info.model_name] or {})
    axes.name, axes.model, axes.task, axes.run = nil, info.model_name, info.task, info.run_number
    found[index] = { run = of_cell, axes = axes, unit = (info.metrics[info.main_metric] or {}).unit }
  end
  return found
end

local function check_axis(call, found, axis)
  local known = found[1] and keys_of(found[1].axes) or {}
  for _, name in ipairs(known) do
    if name == axis then return end
  end
  unknown(call .. ": no such axis", axis, known)
end

-- What a terminal would obey, written out: names in a table are others' texts.
local function visible(text)
  local function code(byte) return ("\\u%04X"):format(byte:byte(-1)) end
  return (text:gsub("\xC2[\x80-\x9F]", code):gsub("%c", code))
end

local function width(text) return utf8.len(text) or #text end

-- A table of texts for a terminal: the first column to the left, the others to the right.
local function aligned(rows)
  local widths, lines = {}, {}
  for _, row in ipairs(rows) do
    for column, text in ipairs(row) do row[column] = visible(text) end
  end
  for _, row in ipairs(rows) do
    for column, text in ipairs(row) do widths[column] = math.max(widths[column] or 0, width(text)) end
  end
  for index, row in ipairs(rows) do
    local parts = {}
    for column, text in ipairs(row) do
      local space = (" "):rep(widths[column] - width(text))
      parts[column] = column == 1 and text .. space or space .. text
    end
    lines[#lines + 1] = (concat(parts, "  "):gsub("%s+$", ""))
    if index == 1 then
      for column, count in ipairs(widths) do parts[column] = ("─"):rep(count) end
      lines[#lines + 1] = concat(parts, "  ")
    end
  end
  return concat(lines, "\n") .. "\n"
end

local function mean_text(cells_of_place)
  local means, stats, unit = {}, nil, cells_of_place[1].unit
  local function text(value) return native.format_value(value, unit) end
  for _, cell in ipairs(cells_of_place) do
    stats = run.stats(cell.run)
    means[#means + 1] = stats.mean or stats.median
  end
  if #means == 0 then return "–" end
  if #cells_of_place == 1 then
    if not stats.lower then return text(means[1]) end
    if unit and unit ~= "fraction" then return ("%s [%s – %s]"):format(text(means[1]), text(stats.lower), text(stats.upper)) end
    return ("%s [%.1f – %.1f]"):format(text(means[1]), 100 * stats.lower, 100 * stats.upper)
  end
  local sum, squares = 0, 0
  for _, mean in ipairs(means) do sum = sum + mean end
  for _, mean in ipairs(means) do squares = squares + (mean - sum / #means) ^ 2 end
  local deviation = #means > 1 and " ± " .. text((squares / (#means - 1)) ^ 0.5) or ""
  return text(sum / #means) .. deviation .. " (" .. #means .. " runs)"
end

-- The report as a table: as it is, or with one axis down and another across: main metrics with their intervals, or, of several
-- runs, their mean and standard deviation.
function report:table(options)
  options = check_options("report:table", options, "rows columns")
  if not options.rows and not options.columns then return native.report_render(self, "table") end
  local found, call = cells(self), "report:table"
  local down, across = options.rows or "model", options.columns or "task"
  check_axis(call, found, down)
  check_axis(call, found, across)
  local head, rows, place_of = { down }, {}, {}
  for _, cell in ipairs(found) do
    local row_name, column_name = tostring(cell.axes[down]), tostring(cell.axes[across])
    if not place_of[column_name] then
      head[#head + 1] = column_name
      place_of[column_name] = #head
    end
    if not rows[row_name] then
      rows[row_name] = { row_name }
      rows[#rows + 1] = rows[row_name]
    end
    local row, place = rows[row_name], place_of[column_name]
    row[place] = row[place] or {}
    local other = row[place][1]
    if other and (other.axes.model ~= cell.axes.model or other.axes.task ~= cell.axes.task) then
      fail(("%s: several runs have %s %s and %s %s; take other axes"):format(call, down, row_name, across, column_name))
    end
    row[place][#row[place] + 1] = cell
  end
  for _, row in ipairs(rows) do
    for place = 2, #head do row[place] = row[place] and mean_text(row[place]) or "" end
  end
  return aligned { head, table.unpack(rows) }
end

local comparison_mark = {
  __tostring = function(found)
    local level = ("%g%% interval"):format(100 * found[1].confidence_level)
    local rows = { { "", "first", "second", "difference", level, "p", "samples" } }
    for _, row in ipairs(found) do
      local function text(value) return value and native.format_value(value, row.unit) or "–" end
      local interval = row.lower and ("%s – %s"):format(text(row.lower), text(row.upper)) or "no interval"
      rows[#rows + 1] = {
        row.label .. " · " .. row.task, text(row.first_mean), text(row.second_mean), text(row.difference), interval,
        row.probability and ("%.3f"):format(row.probability) or "–", tostring(row.count),
      }
    end
    local note = found.left_out and ("not compared: %s, which measures and has no samples to pair\n"):format(found.left_out) or ""
    return ("%s: %s less %s\n%s%s"):format(found.by, found.first, found.second, aligned(rows), note)
  end,
}

-- Pairs of runs that differ in one axis, sample by sample: report:compare { by = "quantization", "none", "q4_0" }.
function report:compare(options)
  local call = "report:compare"
  if type(options) ~= "table" then fail(call .. ": a table such as {by = \"quantization\", \"none\", \"q4_0\"} is needed") end
  local by, first, second = options.by, options[1], options[2]
  if type(by) ~= "string" or first == nil or second == nil then
    fail(call .. ": by and two of its values are needed, such as {by = \"quantization\", \"none\", \"q4_0\"}")
  end
  local rest = copy(options)
  rest.by, rest[1], rest[2] = nil, nil, nil
  local found = cells(self)
  check_axis(call, found, by)
  -- What must be equal for two runs to be a pair: everything but the axis and, as it follows from the rest, the model's name.
  local function key_of(cell)
    if by == "model" then return cell.axes.task .. "\0" .. cell.axes.run end
    local parts = {}
    for _, name in ipairs(keys_of(cell.axes)) do
      if name ~= by and name ~= "model" then parts[#parts + 1] = name .. "=" .. tostring(cell.axes[name]) end
    end
    return concat(parts, "\0")
  end
  local several = false
  local seconds, values, result = {}, {}, { by = by, first = tostring(first), second = tostring(second) }
  for _, cell in ipairs(found) do
    values[tostring(cell.axes[by])] = true
    if tostring(cell.axes[by]) == tostring(second) then seconds[key_of(cell)] = cell end
  end
  for _, value in ipairs { first, second } do
    if not values[tostring(value)] then unknown(call .. ": no run has the " .. by, tostring(value), keys_of(values)) end
  end
  local function is_timed(run)
    local info = run:info()
    local main = info.metrics[info.main_metric]
    return main ~= nil and main.kind == "timing"
  end
  for _, cell in ipairs(found) do
    local other = seconds[key_of(cell)]
    if tostring(cell.axes[by]) == tostring(first) and other and is_timed(cell.run) then
      result.left_out = cell.axes.task -- medians of measurements: there are no samples to pair
    elseif tostring(cell.axes[by]) == tostring(first) and other then
      local row = bench.compare(cell.run, other.run, rest)
      row.label = by == "model" and cell.axes.model .. " / " .. other.axes.model or tostring(cell.axes.path):match "[^/]*$"
      row.task, row.run = cell.axes.task, cell.axes.run
      several = several or cell.axes.run > 1
      result[#result + 1] = row
    end
  end
  if #result == 0 then fail(("%s: no two runs differ in %s alone"):format(call, by)) end
  for _, row in ipairs(result) do
    if several then row.label = row.label .. " · run " .. row.run end
  end
  return setmetatable(result, comparison_mark)
end
