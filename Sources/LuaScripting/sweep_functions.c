/* The gb_ calls on plans and reports, as Lua functions for the prelude. */
#include <string.h>

#include "internal.h"

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
  gbl_check_reading(L, path);
  gbl_handle *handle = gbl_handle_new(L, GBL_PLAN);
  gb_plan *plan = NULL;
  gb_status status = gb_plan_read(&plan, path);
  handle->pointer = plan;
  gbl_require(L, status);
  return 1;
}

static int plan_info(lua_State *L) {
  gbl_decode_borrowed(L, gb_plan_info(gbl_handle_check(L, 1, GBL_PLAN)->pointer));
  return 1;
}

/* Enters the tasks of a list, and tells the options which they are. The entries are in a userdata, freed by Lua. */
static gbl_entry *enter_tasks(lua_State *L, int list, gb_plan_options *options) {
  size_t count = lua_rawlen(L, list);
  gbl_entry *entries = lua_newuserdatauv(L, count * sizeof *entries + 1, 0);
  const gb_task **tasks = lua_newuserdatauv(L, count * sizeof *tasks + 1, 0);
  luaL_checkstack(L, (int)count * 2 + LUA_MINSTACK, "too many tasks");
  int first = lua_gettop(L) + 1;
  for (size_t i = 0; i < count; i++) { /* checked before any is entered: entering must not fail half-way */
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    tasks[i] = gbl_handle_check(L, first + (int)i, GBL_TASK)->pointer;
  }
  for (size_t i = 0; i < count; i++) entries[i] = gbl_task_enter(L, first + (int)i);
  options->tasks = tasks;
  options->task_count = count;
  return entries;
}

static void leave_tasks(const gbl_entry *entries, const gb_plan_options *options) {
  for (size_t i = options->task_count; i > 0; i--) gbl_task_leave(&entries[i - 1]);
}

/* plan_run(plan, {progress, on_sample, on_cell, output, no_cache, force}, tasks): a report; after it "cancelled", or what went wrong in a hook. */
static int plan_run(lua_State *L) {
  lua_settop(L, 3);
  gbl_handle *plan = gbl_handle_check(L, 1, GBL_PLAN);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TTABLE);
  gbl_handle *handle = gbl_handle_new(L, GBL_REPORT);
  int result = lua_gettop(L);
  lua_getfield(L, 2, "progress");
  gbl_callback callback;
  gbl_callback_begin(&callback, L, result + 1);
  lua_getfield(L, 2, "on_sample");
  if (!lua_isnil(L, -1)) callback.on_sample = lua_gettop(L);
  lua_getfield(L, 2, "on_cell");
  if (!lua_isnil(L, -1)) callback.on_cell = lua_gettop(L);
  lua_getfield(L, 2, "output"); /* stays on the stack, so the text stays alive */
  const char *output = lua_tostring(L, -1);
  lua_getfield(L, 2, "no_cache");
  int no_cache = lua_toboolean(L, -1);
  lua_getfield(L, 2, "force");
  int force = lua_toboolean(L, -1);
  gbl_check_plan(L, plan->pointer, output);
  gb_plan_options options = GB_PLAN_OPTIONS_INIT;
  gbl_entry *entries = enter_tasks(L, 3, &options);
  options.progress = gbl_on_progress;
  options.on_sample = callback.on_sample ? gbl_on_sample : NULL;
  options.on_cell = callback.on_cell ? gbl_on_cell : NULL;
  options.output = output;
  options.flags = (no_cache ? GB_PLAN_NO_CACHE : 0) | (force ? GB_PLAN_FORCE : 0);
  options.user_data = &callback;
  gb_report *report = NULL;
  plan->busy++;
  gb_status status = gb_plan_run(&report, plan->pointer, &options);
  plan->busy--;
  leave_tasks(entries, &options);
  handle->pointer = report;
  gbl_callback_end(&callback, report);
  if (report && (callback.hook_failed || status == GB_CANCELLED)) {
    lua_pushvalue(L, result);
    if (callback.hook_failed) luaL_tolstring(L, callback.error, NULL);
    else lua_pushliteral(L, "cancelled");
    return 2;
  }
  gbl_require(L, status);
  lua_pushvalue(L, result);
  return 1;
}

/* plan_estimate(plan, progress, tasks) */
static int plan_estimate(lua_State *L) {
  lua_settop(L, 3);
  gbl_handle *plan = gbl_handle_check(L, 1, GBL_PLAN);
  luaL_checktype(L, 3, LUA_TTABLE);
  gbl_check_plan(L, plan->pointer, NULL);
  gbl_callback callback;
  gbl_callback_begin(&callback, L, 2);
  gb_plan_options options = GB_PLAN_OPTIONS_INIT;
  gbl_entry *entries = enter_tasks(L, 3, &options);
  options.progress = gbl_on_progress;
  options.user_data = &callback;
  char *json = NULL;
  plan->busy++;
  gb_status status = gb_plan_estimate(&json, plan->pointer, &options);
  plan->busy--;
  leave_tasks(entries, &options);
  gbl_callback_end(&callback, json);
  gbl_require(L, status);
  gbl_take_json(L, json);
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
  /* What an embedded script prints is shown and not obeyed, colours too: they would only be in the way. */
  if (gbl_host_of(L) && strcmp(format, "terminal") == 0) format = "table";
  gbl_require(L, gb_report_render(&text, report, format));
  gbl_take_string(L, text);
  return 1;
}

/* report_pivot(report, options) */
static int report_pivot(lua_State *L) {
  gb_report *report = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  const char *options = gbl_options_json(L, 2);
  char *text = NULL;
  gbl_require(L, gb_report_pivot(&text, report, options));
  gbl_take_string(L, text);
  return 1;
}

static int report_read(lua_State *L) {
  const char *path = luaL_checkstring(L, 1), *mark = strrchr(path, '#'); /* FOLDER#2 */
  lua_pushlstring(L, path, mark ? (size_t)(mark - path) : strlen(path));
  gbl_check_reading(L, lua_tostring(L, -1));
  gbl_handle *handle = gbl_handle_new(L, GBL_REPORT);
  gb_report *report = NULL;
  gb_status status = gb_report_read(&report, path);
  handle->pointer = report;
  gbl_require(L, status);
  return 1;
}

/* The path at an index, checked: of an embedded script, what it did not make it may have replaced only where a report may be. */
static const char *writable(lua_State *L, int index, int force) {
  const char *path = luaL_checkstring(L, index);
  gbl_check_writing(L, path);
  if (force) gbl_check_replacing(L, path);
  return path;
}

/* Raises what went wrong in a call that wrote, once the report replaces nothing any more. */
static void finish_writing(lua_State *L, gb_report *report, gb_status status, const char *path) {
  lua_pushstring(L, status == GB_OK ? NULL : gb_last_error());
  gb_report_set_force(report, 0);
  if (status != GB_OK) gbl_raise(L);
  lua_pop(L, 1);
  gbl_note_made(L, path);
}

/* report_write(report, folder, force) */
static int report_write(lua_State *L) {
  gb_report *report = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  /* The library replaces reports alone here, never other files. */
  const char *folder = writable(L, 2, 0);
  gbl_require(L, gb_report_set_force(report, lua_toboolean(L, 3)));
  finish_writing(L, report, gb_report_write(report, folder), folder);
  return 0;
}

/* report_chart(report, name, path, force) */
static int report_chart(lua_State *L) {
  gb_report *report = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  const char *name = luaL_checkstring(L, 2), *path = writable(L, 3, lua_toboolean(L, 4));
  gbl_require(L, gb_report_set_force(report, lua_toboolean(L, 4)));
  finish_writing(L, report, gb_report_chart(report, name, path), path);
  return 0;
}

/* report_charts(report, folder, formats, force): the files written and the kinds left out. */
static int report_charts(lua_State *L) {
  gb_report *report = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  const char *folder = writable(L, 2, lua_toboolean(L, 4)), *formats = luaL_optstring(L, 3, NULL);
  char *written = NULL;
  gbl_require(L, gb_report_set_force(report, lua_toboolean(L, 4)));
  finish_writing(L, report, gb_report_charts(&written, report, folder, formats), folder);
  gbl_take_json(L, written);
  return 1;
}

/* report_export(report, format, path, force): the list of the paths written. */
static int report_export(lua_State *L) {
  gb_report *report = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  const char *format = luaL_checkstring(L, 2), *path = writable(L, 3, lua_toboolean(L, 4));
  char *paths = NULL;
  gbl_require(L, gb_report_set_force(report, lua_toboolean(L, 4)));
  finish_writing(L, report, gb_report_export(&paths, report, format, path), path);
  gbl_take_json(L, paths);
  return 1;
}

static int store_history(lua_State *L) {
  char *sweeps = NULL;
  const char *folder = luaL_checkstring(L, 1);
  gbl_check_reading(L, folder);
  gbl_require(L, gb_store_history(&sweeps, folder));
  gbl_take_json(L, sweeps);
  return 1;
}

void gbl_add_sweep_functions(lua_State *L) {
  static const luaL_Reg functions[] = {
    { "plan_parse", plan_parse },       { "plan_read", plan_read },   { "plan_estimate", plan_estimate },
         { "plan_info", plan_info },   { "plan_run", plan_run },
    { "report_run_count", report_run_count }, { "report_run", report_run }, { "report_read", report_read },
    { "report_render", report_render }, { "report_pivot", report_pivot }, { "report_write", report_write },   { "report_export", report_export },
    { "store_history", store_history }, { "report_chart", report_chart }, { "report_charts", report_charts },
    { NULL, NULL },
  };
  luaL_setfuncs(L, functions, 0);
}
