/* Tasks of a script's own: the library asks, and functions of the script answer.
 *
 * The functions stand in a table that is the user value of the task's handle. They can be called only while a native
 * function that uses the task is at work: it enters the task, which says on which state and stack slot the table is. */
#include <stdlib.h>

#include "internal.h"

/* The library's user data of such a task. */
struct gbl_definition {
  lua_State *state; /* NULL while nobody has entered it */
  int functions;    /* stack index of the table */
};

typedef struct question {
  const char *name;
  uint64_t index;
  const char *response; /* NULL where there is none */
} question;

/* Runs protected: (question as light userdata, table of functions) -> the answer as JSON. */
static int call_function(lua_State *L) {
  const question *asked = lua_touserdata(L, 1);
  lua_getfield(L, 2, asked->name);
  lua_pushinteger(L, (lua_Integer)asked->index + 1);
  if (asked->response) gbl_json_decode(L, asked->response);
  lua_call(L, asked->response ? 2 : 1, 1);
  gbl_json_encode(L, lua_gettop(L));
  return 1;
}

/* Runs protected: an error value -> its text. */
static int describe_error(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}

static int32_t answer(gbl_definition *definition, gb_reply *reply, const question *asked) {
  lua_State *L = definition->state;
  if (L == NULL || !lua_checkstack(L, LUA_MINSTACK)) {
    gb_reply_set(reply, "the task belongs to a script that is not running");
    return 1;
  }
  int top = lua_gettop(L);
  lua_pushcfunction(L, call_function);
  lua_pushlightuserdata(L, (void *)asked);
  lua_pushvalue(L, definition->functions);
  gbl_host *host = gbl_host_of(L);
  if (host) gbl_host_enter(host);
  int failed = lua_pcall(L, 2, 1, 0) != LUA_OK;
  if (host) gbl_host_leave(host);
  if (failed && lua_type(L, -1) != LUA_TSTRING) {
    lua_pushcfunction(L, describe_error);
    lua_insert(L, -2);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) lua_settop(L, top);
  }
  const char *text = lua_gettop(L) > top && lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
  if (gb_reply_set(reply, text ? text : "an error without a message") != GB_OK) {
    gb_reply_set(reply, "the returned text is not valid UTF-8");
    failed = 1;
  }
  lua_settop(L, top);
  return failed;
}

static int32_t on_sample(gb_reply *reply, uint64_t index, void *user_data) {
  question asked = { "sample", index, NULL };
  return answer(user_data, reply, &asked);
}

static int32_t on_prompt(gb_reply *reply, uint64_t index, void *user_data) {
  question asked = { "prompt", index, NULL };
  return answer(user_data, reply, &asked);
}

static int32_t on_score(gb_reply *reply, uint64_t index, const char *response, void *user_data) {
  question asked = { "score", index, response };
  return answer(user_data, reply, &asked);
}

gbl_entry gbl_task_enter(lua_State *L, int index) {
  gbl_handle *handle = gbl_handle_check(L, index, GBL_TASK);
  gbl_entry entry = { handle, NULL, 0 };
  handle->busy++;
  if (handle->definition) {
    entry.state = handle->definition->state;
    entry.functions = handle->definition->functions;
    lua_getiuservalue(L, index, 1);
    handle->definition->state = L;
    handle->definition->functions = lua_gettop(L);
  }
  return entry;
}

void gbl_task_leave(const gbl_entry *entry) {
  entry->task->busy--;
  if (entry->task->definition) {
    entry->task->definition->state = entry->state;
    entry->task->definition->functions = entry->functions;
  }
}

/* define_task(description, count, {sample, prompt, score}): a task; score may be absent. */
static int define_task(lua_State *L) {
  lua_settop(L, 3);
  luaL_checktype(L, 3, LUA_TTABLE);
  gb_task_callbacks callbacks = GB_TASK_CALLBACKS_INIT;
  callbacks.sample_count = gbl_check_count(L, 2, "the number of samples");
  gbl_json_encode(L, 1);
  callbacks.description = lua_tostring(L, -1);
  callbacks.sample = on_sample;
  callbacks.prompt = on_prompt;
  lua_getfield(L, 3, "score");
  callbacks.score = lua_isnil(L, -1) ? NULL : on_score;
  callbacks.release = free;
  gbl_handle *handle = gbl_handle_new(L, GBL_TASK);
  lua_pushvalue(L, 3);
  lua_setiuservalue(L, -2, 1);
  gbl_definition *definition = malloc(sizeof *definition);
  if (definition == NULL) return luaL_error(L, "no memory for a task");
  definition->state = L;
  definition->functions = 3;
  callbacks.user_data = definition;
  gb_task *task = NULL;
  gb_status status = gb_define_task(&task, &callbacks);
  definition->state = NULL;
  if (status != GB_OK) free(definition);
  else handle->definition = definition;
  handle->pointer = task;
  gbl_host *host = gbl_host_of(L);
  if (host && host->ending != GBL_RUNNING) gbl_host_end(L, host);
  gbl_require(L, status);
  return 1;
}

void gbl_add_definition_functions(lua_State *L) {
  lua_pushcfunction(L, define_task);
  lua_setfield(L, -2, "define_task");
}
