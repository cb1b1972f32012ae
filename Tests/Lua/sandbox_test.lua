-- What a script may not do, embedded only: gemmabench script Tests/Lua/sandbox_test.lua
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
test("a pattern of many repetitions is refused", function()
  fails("repetitions", string.find, ("a"):rep(26), ("a?"):rep(26) .. ("a"):rep(26))
  assert(("  x  "):match "^%s*(.-)%s*$" == "x")
end)
test("memory is limited, and a script survives the refusal", function()
  fails("not enough memory", string.rep, "x", (1 << 30) + 1)
end)
test("the collector cannot be stopped", function() fails("stop", collectgarbage, "stop") end)
test("the script's folder is known", function() assert(bench.script_folder:find "Lua$") end)

print(passed .. " passed, " .. failed .. " failed")
if failed > 0 then error("sandbox_test.lua: " .. failed .. " failed", 0) end
