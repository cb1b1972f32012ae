-- What a script may not do, embedded only: gemmabench script Tests/Fronts/Lua/sandbox_test.lua
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

local function fails(piece, call, ...)
  local ok, message = pcall(call, ...)
  if ok then error("no error", 2) end
  if not tostring(message):find(piece, 1, true) then error("'" .. tostring(message) .. "' lacks '" .. piece .. "'", 2) end
end

test("there are no files, processes, coroutines or debug library", function()
  for _, name in ipairs { "io", "debug", "package", "coroutine", "dofile", "loadfile" } do
    assert(rawget(_G, name) == nil, name)
  end
  for _, name in ipairs { "execute", "exit", "getenv", "remove", "rename", "tmpname", "setlocale" } do
    assert(os[name] == nil, name)
  end
  assert(string.dump == nil)
end)
test("the clock can be read", function() assert(os.time() > 0 and os.clock() >= 0 and os.date "%Y") end)
test("an undeclared variable suggests the nearest", function()
  local declared = load "distance_so_far = 1; return distnace_so_far"
  fails("'distance_so_far'", declared)
end)
test("the globals stay strict", function() fails("protected", setmetatable, _G, {}) end)
test("byte code is refused", function()
  local chunk, message = load("\27Lua", "x", "b")
  assert(chunk == nil and message:find "text" or message:find "binary")
  assert(load("return 1 + 1", "x", "b")() == 2)
end)
test("load keeps its environment", function()
  assert(load("return x", "x", "t", { x = 5 })() == 5)
end)
test("only gemmabench can be required", function()
  fails("gemmabench", require, "os")
  assert(require "gemmabench" == bench)
end)
test("finalizers are refused", function() fails("__gc", setmetatable, {}, { __gc = print }) end)
test("handles do not show their metatables", function()
  local model = bench.load_model(bench.env "GEMMABENCH_TEST_MODEL")
  assert(getmetatable(model) == "gemmabench.model")
  fails("protected", setmetatable, bench, {})
end)
test("a match without end is an error, whatever function asks for it", function()
  local text, least, most = ("a"):rep(3000), (".-"):rep(10) .. "b", ("a*"):rep(40) .. "b"
  for _, pattern in ipairs { least, most, "\0?" .. least, ("[^b]-"):rep(9) .. "b", ("(a*)"):rep(9) .. "%1b" } do
    fails("too many steps", string.find, text, pattern)
  end
  fails("too many steps", string.match, text, least)
  fails("too many steps", string.gsub, text, least, "")
  fails("too many steps", function() for _ in text:gmatch(least) do end end)
  assert(("  x  "):match "^%s*(.-)%s*$" == "x")
  assert(("k1=v1, k2=v2"):gsub("(%w+)=(%w+)", "%2=%1") == "v1=k1, v2=k2")
  assert(#(("x "):rep(2000000):gsub("%s+$", "")) == 3999999)
  local found = {}
  for key, value in ("a=1 b=2"):gmatch "(%w)=(%d)" do found[key] = value end
  assert(found.a == "1" and found.b == "2")
end)
test("what makes texts and moves elements ends", function()
  assert((""):rep(1 << 62) == "" and (""):rep(1 << 62, "") == "" and ("ab"):rep(3, "-") == "ab-ab-ab")
  fails("not enough memory", string.rep, "x", 1 << 60)
  fails("too many elements", table.move, {}, -1, math.maxinteger, 2)
  fails("longer than 65536 bytes", os.date, ("%c"):rep(100000))
  fails("longer than 65536 bytes", string.format, ("%d"):rep(100000), 1)
  fails("not enough memory", table.concat, setmetatable({}, { __index = rawlen }), (" "):rep(1 << 20), 1, 1 << 62)
  fails("invalid order function", table.sort, { 3, 1, 2, 5, 4, 3, 2, 1 }, function() return true end)
  local sorted = { 3, 1, 2 }
  table.sort(sorted, function(a, b) return a > b end)
  assert(table.concat(sorted, ",") == "3,2,1")
end)
test("secrets of the environment are not seen", function()
  for _, name in ipairs { "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HOME", "AWS_SECRET_ACCESS_KEY", "GEMMABENCH_TOKEN", "hf_token" } do
    fails("cannot be read", bench.env, name)
  end
end)
test("data are read where a script may read", function()
  local function custom(path) return { "custom", data = path, format = "csv", columns = { "a" }, prompt = "{a}", answer = "{a}" } end
  for _, path in ipairs { "/etc/passwd", "~/secret", "../../../../../../etc/passwd", "/proc/self/environ", "no/../../../../etc/passwd" } do
    fails("cannot be read by a script", bench.task, custom(path))
    fails("cannot be read by a script", bench.sweep, { models = { "x" }, tasks = { custom(path) } })
    fails("cannot be read by a script", bench.read_report, path)
    fails("cannot be read by a script", bench.history, path)
    fails("cannot be read by a script", bench.plan, path)
  end
end)
test("Python is not run for a script", function()
  local function task() return { "harness", file = bench.script_folder .. "/none.yaml", hooks = "python" } end
  fails("cannot have Python run", bench.task, task())
  fails("cannot have Python run", bench.sweep, { models = { "x" }, tasks = { task() } })
  local plan = bench.plan { models = { "x" }, tasks = { task() } }
  fails("cannot have Python run", plan.estimate, plan)
  fails("cannot have Python run", plan.run, plan)
end)
test("Programs of models are not run for a script", function()
  for _, value in ipairs { true, 1, "true" } do
    fails("cannot have programs run", bench.task, { "humaneval", unsafe_code = value })
    -- What is no flag is refused before.
    fails("unsafe_code: ", bench.sweep, { models = { "x" }, tasks = { { "humaneval", unsafe_code = value } } })
  end
  fails("cannot have programs run", bench.sweep, { models = { "x" }, tasks = { { "humaneval", unsafe_code = true } } })
end)
test("files are written where a script may write, and no file that it did not make is replaced", function()
  local model, output = bench.env "GEMMABENCH_TEST_MODEL", bench.env "GEMMABENCH_TEST_OUTPUT"
  for _, path in ipairs { "/tmp/not-by-a-script.gguf", "~/x.gguf", "../../../../../../tmp/x.gguf" } do
    fails("cannot be written by a script", bench.quantize, model, path)
    fails("cannot be written by a script", bench.sweep, { models = { model }, tasks = { { "mmlu", limit = 1 } }, output = path })
    fails("cannot be written by a script", bench.load_model, { path = model, cache_dir = path })
  end
  fails("already exists", bench.quantize, model, bench.script_folder .. "/sandbox_test.lua")
  fails("did not make it", bench.quantize, model, bench.script_folder .. "/sandbox_test.lua", { force = true })
  if not output then return end
  bench.task { "mmlu", subset = "abstract_algebra" }
  local report = bench.sweep {
    models = { model }, tasks = { { "mmlu", subset = "abstract_algebra", shots = 0, limit = 1 } }, output = output .. "/sandbox",
  }
  assert(report:render "terminal" == report:render "table")
  local path = output .. "/sandbox/made.gguf"
  bench.quantize(model, path, { type = "q8_0" })
  fails("already exists", bench.quantize, model, path)
  bench.quantize(model, path, { type = "q8_0", force = true })
  report:write(output .. "/written")
  report:write(output .. "/written")  -- the same report
  local other = bench.sweep { models = { model }, tasks = { { "mmlu", subset = "high_school_statistics", shots = 0, limit = 1 } } }
  fails("report of another run", other.write, other, output .. "/written")
  fails("report of another run", bench.sweep, {
    models = { model }, tasks = { { "mmlu", subset = "high_school_statistics", shots = 0, limit = 1 } }, output = output .. "/written",
  })
  other:write(output .. "/written", { force = true })
  fails("already exists", other.export, other, "csv", output .. "/written/samples.jsonl")
  fails("already exists", other.chart, other, "heatmap", output .. "/written/visualizations/heatmap.svg")
end)
test("memory is limited, and a script survives the refusal", function()
  fails("not enough memory", string.rep, "x", (1 << 30) + 1)
end)
test("the collector cannot be stopped", function() fails("stop", collectgarbage, "stop") end)
test("the script's folder is known", function() assert(bench.script_folder:find "Lua$") end)

print(passed .. " passed, " .. failed .. " failed")
if failed > 0 then error("sandbox_test.lua: " .. failed .. " failed", 0) end
