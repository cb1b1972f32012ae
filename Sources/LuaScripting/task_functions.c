/* The gb_ calls on tasks, runs, plans and reports, as Lua functions for the prelude. */
#include "internal.h"

/* Pushes a string that the library allocated, through a protected call so that it is freed whatever happens. */
static int push_string(lua_State *L) {
  lua_pushstring(L, lua_touserdata(L, 1));
  return 1;
}

static int decode_string(lua_State *L) {
  gbl_json_decode(L, lua_touserdata(L, 1));
  return 1;
}

static void take_string(lua_State *L, char *string, lua_CFunction convert) {
  lua_pushcfunction(L, convert);
  lua_pushlightuserdata(L, string);
  int status = lua_pcall(L, 1, 1, 0);
  gb_string_free(string);
  if (status != LUA_OK) lua_error(L);
}

void gbl_take_json(lua_State *L, char *string) { take_string(L, string, decode_string); }

static void decode_borrowed(lua_State *L, const char *json) {
  if (json == NULL) gbl_require(L, GB_INTERNAL);
  gbl_json_decode(L, json);
}

uint64_t gbl_check_count(lua_State *L, int index, const char *name) {
  int is_integer = 1;
  lua_Integer value = lua_isnoneornil(L, index) ? 0 : lua_tointegerx(L, index, &is_integer);
  if (!is_integer || value < 0) {
    lua_pushfstring(L, "%s must be a whole number from 0 up, not '%s'", name, luaL_tolstring(L, index, NULL));
    gbl_raise(L);
  }
  return (uint64_t)value;
}

static int system_info(lua_State *L) {
  char *json = NULL;
  gbl_require(L, gb_system_info(&json));
  take_string(L, json, decode_string);
  return 1;
}

static int task_catalogue(lua_State *L) {
  char *json = NULL;
  gbl_require(L, gb_task_catalogue(&json));
  take_string(L, json, decode_string);
  return 1;
}

static int load_task(lua_State *L) {
  gbl_json_encode(L, 1);
  gbl_handle *handle = gbl_handle_new(L, GBL_TASK);
  gb_task *task = NULL;
  gb_status status = gb_load_task(&task, lua_tostring(L, -2));
  handle->pointer = task;
  gbl_require(L, status);
  return 1;
}

static int task_info(lua_State *L) {
  decode_borrowed(L, gb_task_info(gbl_handle_check(L, 1, GBL_TASK)->pointer));
  return 1;
}

static int task_prompts(lua_State *L) {
  gb_task *task = gbl_handle_check(L, 1, GBL_TASK)->pointer;
  char *json = NULL;
  gbl_require(L, gb_task_prompts(&json, task, gbl_check_count(L, 2, "count")));
  take_string(L, json, decode_string);
  return 1;
}

/* Returns the handle at `result`, and "cancelled" after it if the call was. */
static int return_partial(lua_State *L, gb_status status, int result) {
  gbl_handle *handle = lua_touserdata(L, result);
  if (status == GB_CANCELLED && handle->pointer) {
    lua_pushvalue(L, result);
    lua_pushliteral(L, "cancelled");
    return 2;
  }
  gbl_require(L, status);
  lua_pushvalue(L, result);
  return 1;
}

/* run_task(model, task, limit, progress, chat_template) */
static int run_task(lua_State *L) {
  lua_settop(L, 5);
  gbl_handle *model = gbl_handle_check(L, 1, GBL_MODEL);
  gbl_handle *task = gbl_handle_check(L, 2, GBL_TASK);
  gb_run_options options = GB_RUN_OPTIONS_INIT;
  options.chat_template = (uint32_t)lua_toboolean(L, 5);
  options.limit = gbl_check_count(L, 3, "limit");
  gbl_handle *handle = gbl_handle_new(L, GBL_RUN);
  int result = lua_gettop(L);
  gbl_callback callback;
  gbl_callback_begin(&callback, L, 4);
  options.progress = gbl_on_progress;
  options.user_data = &callback;
  gb_run *run = NULL;
  model->busy++;
  task->busy++;
  gb_status status = gb_run_task(&run, model->pointer, task->pointer, &options);
  model->busy--;
  task->busy--;
  handle->pointer = run;
  gbl_callback_end(&callback);
  return return_partial(L, status, result);
}

static int run_count(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)gb_run_count(gbl_handle_check(L, 1, GBL_RUN)->pointer));
  return 1;
}

/* run_sample(run, index): counts from 1, as Lua does. */
static int run_sample(lua_State *L) {
  gb_run *run = gbl_handle_check(L, 1, GBL_RUN)->pointer;
  lua_Integer index = luaL_checkinteger(L, 2), count = (lua_Integer)gb_run_count(run);
  if (index < 1 || index > count) {
    lua_pushfstring(L, "there is no sample %I; the run has %I, counted from 1", (LUAI_UACINT)index, (LUAI_UACINT)count);
    return gbl_raise(L);
  }
  decode_borrowed(L, gb_run_sample(run, (uint64_t)index - 1));
  return 1;
}

static int run_info(lua_State *L) {
  decode_borrowed(L, gb_run_info(gbl_handle_check(L, 1, GBL_RUN)->pointer));
  return 1;
}

static int plan_parse(lua_State *L) {
  gbl_json_encode(L, 1);
  gbl_handle *handle = gbl_handle_new(L, GBL_PLAN);
  gb_plan *plan = NULL;
  gb_status status = gb_plan_parse(&plan, lua_tostring(L, -2));
  handle->pointer = plan;
  gbl_require(L, status);
  return 1;
}

static int plan_read(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  gbl_handle *handle = gbl_handle_new(L, GBL_PLAN);
  gb_plan *plan = NULL;
  gb_status status = gb_plan_read(&plan, path);
  handle->pointer = plan;
  gbl_require(L, status);
  return 1;
}

static int plan_info(lua_State *L) {
  decode_borrowed(L, gb_plan_info(gbl_handle_check(L, 1, GBL_PLAN)->pointer));
  return 1;
}

/* plan_run(plan, progress, output folder or nil, whether the cache of answers is left alone) */
static int plan_run(lua_State *L) {
  lua_settop(L, 4);
  const char *output = luaL_optstring(L, 3, NULL);
  gbl_handle *plan = gbl_handle_check(L, 1, GBL_PLAN);
  gbl_handle *handle = gbl_handle_new(L, GBL_REPORT);
  int result = lua_gettop(L);
  gbl_callback callback;
  gbl_callback_begin(&callback, L, 2);
  gb_plan_options options = GB_PLAN_OPTIONS_INIT;
  options.progress = gbl_on_progress;
  options.user_data = &callback;
  options.output = output;
  if (lua_toboolean(L, 4)) options.flags = GB_PLAN_NO_CACHE;
  gb_report *report = NULL;
  plan->busy++;
  gb_status status = gb_plan_run(&report, plan->pointer, &options);
  plan->busy--;
  handle->pointer = report;
  gbl_callback_end(&callback);
  return return_partial(L, status, result);
}

/* plan_estimate(plan, progress) */
static int plan_estimate(lua_State *L) {
  lua_settop(L, 2);
  gbl_handle *plan = gbl_handle_check(L, 1, GBL_PLAN);
  gbl_callback callback;
  gbl_callback_begin(&callback, L, 2);
  gb_plan_options options = GB_PLAN_OPTIONS_INIT;
  options.progress = gbl_on_progress;
  options.user_data = &callback;
  char *json = NULL;
  plan->busy++;
  gb_status status = gb_plan_estimate(&json, plan->pointer, &options);
  plan->busy--;
  gbl_callback_end(&callback);
  gbl_require(L, status);
  take_string(L, json, decode_string);
  return 1;
}

static int report_run_count(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)gb_report_run_count(gbl_handle_check(L, 1, GBL_REPORT)->pointer));
  return 1;
}

/* report_run(report, index from 1): the run, or nil and why the cell has none. */
static int report_run(lua_State *L) {
  gbl_handle *report = gbl_handle_check(L, 1, GBL_REPORT);
  lua_Integer index = luaL_checkinteger(L, 2);
  gbl_handle *handle = gbl_handle_new(L, GBL_RUN);
  handle->borrowed = 1;
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1); /* the report lives as long as its runs are held */
  const gb_run *run = index < 1 ? NULL : gb_report_run(report->pointer, (uint64_t)index - 1);
  if (run == NULL) {
    lua_pushnil(L);
    lua_pushstring(L, gb_last_error());
    return 2;
  }
  handle->pointer = (void *)run;
  return 1;
}

static int report_render(lua_State *L) {
  gb_report *report = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  const char *format = luaL_checkstring(L, 2);
  char *text = NULL;
  gbl_require(L, gb_report_render(&text, report, format));
  take_string(L, text, push_string);
  return 1;
}

static int report_read(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  gbl_handle *handle = gbl_handle_new(L, GBL_REPORT);
  gb_report *report = NULL;
  gb_status status = gb_report_read(&report, path);
  handle->pointer = report;
  gbl_require(L, status);
  return 1;
}

static int report_write(lua_State *L) {
  gb_report *report = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  gbl_require(L, gb_report_write(report, luaL_checkstring(L, 2)));
  return 0;
}

static int report_chart(lua_State *L) {
  gb_report *report = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  gbl_require(L, gb_report_chart(report, luaL_checkstring(L, 2), luaL_checkstring(L, 3)));
  return 0;
}

/* report_charts(report, folder, formats): the files written and the kinds left out. */
static int report_charts(lua_State *L) {
  gb_report *report = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  const char *folder = luaL_checkstring(L, 2), *formats = luaL_optstring(L, 3, NULL);
  char *written = NULL;
  gbl_require(L, gb_report_charts(&written, report, folder, formats));
  take_string(L, written, decode_string);
  return 1;
}

/* report_export(report, format, path): the list of the paths written. */
static int report_export(lua_State *L) {
  gb_report *report = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  const char *format = luaL_checkstring(L, 2), *path = luaL_checkstring(L, 3);
  char *paths = NULL;
  gbl_require(L, gb_report_export(&paths, report, format, path));
  take_string(L, paths, decode_string);
  return 1;
}

static int store_history(lua_State *L) {
  char *sweeps = NULL;
  gbl_require(L, gb_store_history(&sweeps, luaL_checkstring(L, 1)));
  take_string(L, sweeps, decode_string);
  return 1;
}

void gbl_add_task_functions(lua_State *L) {
  static const luaL_Reg functions[] = {
    { "system_info", system_info },   { "task_catalogue", task_catalogue },
    { "load_task", load_task },       { "task_info", task_info },
    { "task_prompts", task_prompts }, { "run_task", run_task },
    { "run_count", run_count },       { "run_sample", run_sample },
    { "run_info", run_info },         { "report_read", report_read },
    { "plan_parse", plan_parse },     { "plan_read", plan_read },
    { "plan_info", plan_info },       { "plan_run", plan_run },
    { "report_run", report_run },     { "report_run_count", report_run_count },
    { "report_write", report_write }, { "report_render", report_render },
    { "plan_estimate", plan_estimate }, { "report_export", report_export },
    { "store_history", store_history }, { "report_chart", report_chart },
    { "report_charts", report_charts }, { NULL, NULL },
  };
  luaL_setfuncs(L, functions, 0);
}
