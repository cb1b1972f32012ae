/* The gb_ calls on tasks and runs, as Lua functions for the prelude. */
#include "internal.h"

static int system_info(lua_State *L) {
  char *json = NULL;
  gbl_require(L, gb_system_info(&json));
  gbl_take_json(L, json);
  return 1;
}

static int task_catalogue(lua_State *L) {
  char *json = NULL;
  gbl_require(L, gb_task_catalogue(&json));
  gbl_take_json(L, json);
  return 1;
}

static int schema(lua_State *L) {
  char *json = NULL;
  gbl_require(L, gb_schema(&json));
  gbl_take_json(L, json);
  return 1;
}

/* suggest(word, names): the hint for an error about a word that is not one of the names. */
static int suggest(lua_State *L) {
  const char *word = luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  size_t count = lua_rawlen(L, 2);
  const char **names = lua_newuserdatauv(L, (count + 1) * sizeof *names, 0); /* freed by Lua */
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    names[i] = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : ""; /* the table holds the text */
    lua_pop(L, 1);
  }
  char *text = NULL;
  gbl_require(L, gb_suggest(&text, word, names, count));
  gbl_take_string(L, text);
  return 1;
}

static int load_task(lua_State *L) {
  gbl_check_task(L, 1);
  gbl_json_encode(L, 1);
  gbl_handle *handle = gbl_handle_new(L, GBL_TASK);
  gb_task *task = NULL;
  gb_status status = gb_load_task(&task, lua_tostring(L, -2));
  handle->pointer = task;
  gbl_require(L, status);
  return 1;
}

static int task_info(lua_State *L) {
  gbl_decode_borrowed(L, gb_task_info(gbl_handle_check(L, 1, GBL_TASK)->pointer));
  return 1;
}

static int task_prompts(lua_State *L) {
  uint64_t count = gbl_check_count(L, 2, "count");
  char *json = NULL;
  gbl_entry entry = gbl_task_enter(L, 1);
  gb_status status = gb_task_prompts(&json, entry.task->pointer, count);
  gbl_task_leave(&entry);
  gbl_host *host = gbl_host_of(L);
  if (host && host->ending != GBL_RUNNING) gbl_host_end(L, host);
  gbl_require(L, status);
  gbl_take_json(L, json);
  return 1;
}

/* run_task(model, task, limit, progress, settings, on_sample, batch_size): a run, and "cancelled" after it if it was. An error of
 * the task or of on_sample has the run with it. */
static int run_task(lua_State *L) {
  lua_settop(L, 7);
  gbl_handle *model = gbl_handle_check(L, 1, GBL_MODEL);
  gb_run_options options = GB_RUN_OPTIONS_INIT;
  options.limit = gbl_check_count(L, 3, "limit");
  uint64_t batch_size = gbl_check_count(L, 7, "batch_size");
  options.batch_size = batch_size > UINT32_MAX ? UINT32_MAX : (uint32_t)batch_size;
  gbl_handle *handle = gbl_handle_new(L, GBL_RUN);
  int result = lua_gettop(L);
  gbl_callback callback;
  gbl_json_encode(L, 5);
  options.settings = lua_tostring(L, -1);
  gbl_callback_begin(&callback, L, 4);
  callback.on_sample = lua_isnil(L, 6) ? 0 : 6;
  options.progress = gbl_on_progress;
  options.on_sample = callback.on_sample ? gbl_on_sample : NULL;
  options.user_data = &callback;
  gb_run *run = NULL;
  gbl_entry entry = gbl_task_enter(L, 2);
  model->busy++;
  gb_status status = gb_run_task(&run, model->pointer, entry.task->pointer, &options);
  model->busy--;
  gbl_task_leave(&entry);
  handle->pointer = run;
  gbl_callback_end(&callback, run);
  if (callback.hook_failed && run) {
    lua_pushfstring(L, "on_sample: %s", luaL_tolstring(L, callback.error, NULL));
    return gbl_raise_with_run(L, result);
  }
  if (status == GB_CALLBACK_FAILED && run) {
    lua_pushstring(L, gb_last_error());
    return gbl_raise_with_run(L, result);
  }
  if (status == GB_CANCELLED && run) {
    lua_pushvalue(L, result);
    lua_pushliteral(L, "cancelled");
    return 2;
  }
  gbl_require(L, status);
  lua_pushvalue(L, result);
  return 1;
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
    lua_pushfstring(L, "index %I is out of range; the run has %I samples (from 1)", (LUAI_UACINT)index, (LUAI_UACINT)count);
    return gbl_raise(L);
  }
  gbl_decode_borrowed(L, gb_run_sample(run, (uint64_t)index - 1));
  return 1;
}

static int run_info(lua_State *L) {
  gbl_decode_borrowed(L, gb_run_info(gbl_handle_check(L, 1, GBL_RUN)->pointer));
  return 1;
}

void gbl_add_task_functions(lua_State *L) {
  static const luaL_Reg functions[] = {
    { "system_info", system_info }, { "task_catalogue", task_catalogue }, { "schema", schema }, { "suggest", suggest }, { "load_task", load_task },
    { "task_info", task_info },     { "task_prompts", task_prompts },     { "run_task", run_task },
    { "run_count", run_count },     { "run_sample", run_sample },         { "run_info", run_info },
    { NULL, NULL },
  };
  luaL_setfuncs(L, functions, 0);
}
