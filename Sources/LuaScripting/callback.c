/* Calls from the library into Lua. Nothing here lets a Lua error out: it would jump over the library's frames. */
#include <string.h>

#include "internal.h"

void gbl_callback_begin(gbl_callback *callback, lua_State *L, int function) {
  luaL_checkstack(L, LUA_MINSTACK, "callback");
  callback->state = L;
  callback->host = gbl_host_of(L);
  callback->function = function != 0 && lua_isfunction(L, function) ? lua_absindex(L, function) : 0;
  callback->on_sample = callback->on_cell = 0;
  callback->failed = callback->hook_failed = 0;
  lua_pushnil(L);
  callback->error = lua_gettop(L);
}

void gbl_callback_end(gbl_callback *callback) {
  lua_State *L = callback->state;
  gbl_host *host = callback->host;
  /* What was at work is finished, and the script is not to begin more. */
  if (host && host->finishing && !host->ending) host->ending = GBL_CANCELLED;
  if (host && host->ending) gbl_host_end(L, host);
  if (callback->failed && !callback->hook_failed) {
    lua_pushvalue(L, callback->error);
    lua_error(L);
  }
}

static void set_text(lua_State *L, const char *key, const char *value) {
  if (value == NULL) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

static void set_count(lua_State *L, const char *key, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, key);
}

/* Runs protected, as it allocates: (progress as light userdata, function) -> what the function returned. */
static int call_progress(lua_State *L) {
  const gb_progress *progress = lua_touserdata(L, 1);
  lua_createtable(L, 0, 13);
  set_text(L, "stage", progress->stage);
  set_text(L, "message", progress->message);
  set_count(L, "completed", progress->completed);
  if (progress->total > 0) set_count(L, "total", progress->total);
  set_count(L, "scored", progress->scored);
  if (progress->scored > 0) {
    lua_pushnumber(L, progress->score);
    lua_setfield(L, -2, "score");
  }
  if (progress->has_interval) {
    lua_pushnumber(L, progress->lower);
    lua_setfield(L, -2, "lower");
    lua_pushnumber(L, progress->upper);
    lua_setfield(L, -2, "upper");
  }
  if (progress->cells > 0) {
    set_count(L, "cell", progress->cell);
    set_count(L, "cells", progress->cells);
  }
  set_count(L, "found", progress->found);
  if (progress->has_seconds_left) {
    lua_pushnumber(L, progress->seconds_left);
    lua_setfield(L, -2, "seconds_left");
  }
  lua_call(L, 1, 1);
  return 1;
}

typedef struct token_event {
  int32_t token;
  const char *text;
} token_event;

static int call_token(lua_State *L) {
  const token_event *event = lua_touserdata(L, 1);
  lua_pushinteger(L, event->token);
  lua_pushstring(L, event->text ? event->text : "");
  lua_call(L, 2, 1);
  return 1;
}

/* Runs protected: (JSON as light userdata, function) -> what the function returned. */
static int call_record(lua_State *L) {
  gbl_json_decode(L, lua_touserdata(L, 1));
  lua_call(L, 1, 1);
  return 1;
}

/* Calls the Lua function at a stack index with an event. Non-zero to cancel: it failed, or returned false. */
static int32_t enter(gbl_callback *callback, int function, lua_CFunction call, const void *event) {
  lua_State *L = callback->state;
  if (callback->failed || !lua_checkstack(L, LUA_MINSTACK)) return 1;
  lua_pushcfunction(L, call); /* a function without upvalues: nothing is allocated outside the protected call */
  lua_pushlightuserdata(L, (void *)event);
  lua_pushvalue(L, function);
  if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
    lua_replace(L, callback->error);
    callback->failed = 1;
    return 1;
  }
  int stop = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
  lua_pop(L, 1);
  return stop;
}

int32_t gbl_on_progress(const gb_progress *progress, void *user_data) {
  gbl_callback *callback = user_data;
  gbl_host *host = callback->host;
  if (callback->function != 0) {
    if (enter(callback, callback->function, call_progress, progress)) return 1;
    return host ? gbl_host_poll(host) : 0;
  }
  /* The script did not ask to see it, so whoever runs the script does. */
  if (host && host->options.progress) {
    if (host->ending != GBL_RUNNING) return 1;
    int32_t answer = host->options.progress(progress, host->options.user_data);
    if (answer == GB_FINISH_SAMPLES && strcmp(progress->stage, "run") == 0) host->finishing = 1;
    else if (answer != 0) host->ending = GBL_CANCELLED;
    return answer;
  }
  return 0;
}

int32_t gbl_on_token(int32_t token, const char *text, void *user_data) {
  gbl_callback *callback = user_data;
  if (callback->function != 0) {
    token_event event = { token, text };
    if (enter(callback, callback->function, call_token, &event)) return 1;
  }
  return callback->host ? gbl_host_poll(callback->host) : 0;
}

/* A hook that fails ends the call, which keeps what it has; the error stays where the caller finds it. */
static int32_t observe(gbl_callback *callback, int function, const char *json) {
  if (callback->failed) return 1;
  int32_t stop = enter(callback, function, call_record, json);
  callback->hook_failed = callback->failed;
  return stop || (callback->host && gbl_host_poll(callback->host));
}

int32_t gbl_on_sample(const char *json, void *user_data) {
  gbl_callback *callback = user_data;
  return observe(callback, callback->on_sample, json);
}

int32_t gbl_on_cell(const char *json, void *user_data) {
  gbl_callback *callback = user_data;
  return observe(callback, callback->on_cell, json);
}
