/* gb_run_lua_file as a host sees it: output, errors with their lines, arguments, cancellation. */
#include "check.h"

static char printed[4096];
static size_t printed_length;

static void keep_output(const char *text, size_t length, void *user_data) {
  (void)user_data;
  if (printed_length + length < sizeof printed) {
    memcpy(printed + printed_length, text, length);
    printed_length += length;
    printed[printed_length] = '\0';
  }
}

static int polls;

static int32_t cancel_later(const gb_progress *progress, void *user_data) {
  (void)progress;
  (void)user_data;
  return ++polls > 2;
}

/* Cancels while the script's own code runs, not while the library does. */
static int32_t cancel_in_script(const gb_progress *progress, void *user_data) {
  (void)user_data;
  return strcmp(progress->stage, "script") == 0 && ++polls > 2;
}

#define OWN_TASK(functions)                                                                            \
  "local b = require 'gemmabench'\nlocal m = b.load_model(b.env 'GEMMABENCH_TEST_MODEL')\n"             \
  "m:run { name = 'own', samples = { 'a' }, max_tokens = 1,\n" functions " }"

/* Runs a text as a script with the given arguments. */
static gb_status run_text(const char *text, uint32_t count, const char *const *arguments, gb_progress_callback progress) {
  static char path[128];
  gb_lua_options options = GB_LUA_OPTIONS_INIT;
  gb_status status;
  FILE *file;
  const char *folder = getenv("TMPDIR");
  snprintf(path, sizeof path, "%.60s/gemmabench_script_test.lua", folder ? folder : "/tmp");
  file = fopen(path, "w");
  if (file == NULL) return GB_INPUT_OUTPUT;
  fputs(text, file);
  fclose(file);
  printed_length = 0;
  printed[0] = '\0';
  polls = 0;
  options.argument_count = count;
  options.arguments = arguments;
  options.output = keep_output;
  options.progress = progress;
  status = gb_run_lua_file(path, &options);
  remove(path);
  return status;
}

#define RUN(text) run_text(text, 0, NULL, NULL)

int main(void) {
  const char *help[] = { "--help" }, *limit[] = { "--limit=3" }, *hole[] = { NULL };
  gb_lua_options options = GB_LUA_OPTIONS_INIT;
  USE_ALL();
  REFUSES("a missing script", GB_NOT_FOUND, gb_run_lua_file("/nowhere/sweep.lua", NULL));
  CHECK("the line names the script", strstr(gb_last_error(), "/nowhere/sweep.lua") != NULL);
  CHECK("a folder is no script", gb_run_lua_file("/", NULL) != GB_OK && error_is_a_line());
  options.struct_size = 0;
  REFUSES("struct_size must be set", GB_INVALID_ARGUMENT, gb_run_lua_file("/nowhere", &options));
  REFUSES("an argument that is NULL", GB_INVALID_ARGUMENT, run_text("", 1, hole, NULL));

  CHECK("print reaches the host", RUN("print('a', 1, nil)") == GB_OK && strcmp(printed, "a\t1\tnil\n") == 0);
  CHECK("an empty script is fine", RUN("") == GB_OK);
  CHECK("a script may begin with #!", RUN("#!/usr/bin/env gemmabench\nprint(2)") == GB_OK && strcmp(printed, "2\n") == 0);

  REFUSES("a script's error", GB_CALLBACK_FAILED, RUN("local x = 1\nerror 'broken'"));
  CHECK("names its line", strstr(gb_last_error(), "script_test.lua:2: broken") != NULL);
  REFUSES("a syntax error", GB_CALLBACK_FAILED, RUN("local x =\n"));
  REFUSES("an error that is a table", GB_CALLBACK_FAILED, RUN("error {}"));
  REFUSES("an error of several lines is shown on one", GB_CALLBACK_FAILED, RUN("error 'a\\nb'"));
  REFUSES("an undeclared variable", GB_CALLBACK_FAILED, RUN("local x = 1\nprnt(x)"));
  CHECK("suggests the nearest", strstr(gb_last_error(), ":2:") != NULL && strstr(gb_last_error(), "'print'") != NULL);
  REFUSES("an error of the library", GB_CALLBACK_FAILED, RUN("local b = require 'gemmabench'\n\nlocal m = b.load_model '/no'"));
  CHECK("names the script's line", strstr(gb_last_error(), "script_test.lua:3:") != NULL);
  REFUSES("endless recursion", GB_CALLBACK_FAILED, RUN("local function f() return 1 + f() end f()"));
  REFUSES("endless memory", GB_OUT_OF_MEMORY, RUN("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1e6) .. i end"));

  CHECK("--help prints the options and ends the script",
        run_text("local o = require 'gemmabench'.options {{'limit', 9, 'samples'}} error 'not here'", 1, help, NULL) == GB_OK);
  CHECK("the help", strstr(printed, "--limit") != NULL && strstr(printed, "samples") != NULL);
  CHECK("not even pcall keeps a script that was ended",
        run_text("pcall(require 'gemmabench'.options, {}) print 'still here'", 1, help, NULL) == GB_OK &&
            strstr(printed, "still here") == NULL);
  CHECK("arguments arrive",
        run_text("print(require 'gemmabench'.options {{'limit', 9}}.limit)", 1, limit, NULL) == GB_OK &&
            strcmp(printed, "3\n") == 0);

  REFUSES("a runaway script is cancelled", GB_CANCELLED, run_text("while true do end", 0, NULL, cancel_later));
  REFUSES("whatever it catches", GB_CANCELLED,
          run_text("local function loop() while true do end end while true do pcall(loop) end", 0, NULL, cancel_later));
  REFUSES("and wherever it loops", GB_CANCELLED,
          run_text("error(setmetatable({}, {__tostring = function() while true do end end}))", 0, NULL, cancel_later));
  REFUSES("so is a task whose score never ends", GB_CANCELLED,
          run_text(OWN_TASK("prompt = function() return 'x' end, score = function() while true do end end"), 0, NULL,
                   cancel_in_script));
  REFUSES("or whose samples never end", GB_CANCELLED,
          run_text(OWN_TASK("prompt = function() return 'x' end, target = function() while true do end end"), 0, NULL,
                   cancel_in_script));
  REFUSES("a score that fails", GB_CALLBACK_FAILED,
          RUN(OWN_TASK("prompt = function() return 'x' end, score = function() error 'no luck' end")));
  CHECK("names the sample and the line", strstr(gb_last_error(), "own: sample 0: score: ") != NULL &&
                                             strstr(gb_last_error(), "script_test.lua:4: no luck") != NULL);
  return finish();
}
