/* Calls from the library into Lua. Nothing here lets a Lua error out: it would jump over the library's frames. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

void gbl_callback_begin(gbl_callback *callback, lua_State *L, int function) {
  luaL_checkstack(L, LUA_MINSTACK, "callback");
  callback->state = L;
  callback->host = gbl_host_of(L);
  callback->function = function != 0 && lua_isfunction(L, function) ? lua_absindex(L, function) : 0;
  callback->on_sample = callback->on_cell = 0;
  callback->failed = callback->hook_failed = 0;
  callback->line = NULL;
  lua_pushnil(L);
  callback->error = lua_gettop(L);
  if (callback->function && lua_tocfunction(L, callback->function) == gbl_draw_progress)
    gb_progress_line_open(&callback->line, STDERR_FILENO, 0); /* the last thing: from here on nothing may be raised */
}

int gbl_draw_progress(lua_State *L) { return luaL_error(L, "progress is drawn by the call that it is given to"); }

static void draw(const char *text) {
  if (text == NULL || *text == '\0') return;
  fputs(text, stderr);
  fflush(stderr);
}

/* The hook that a stock Lua sets at Ctrl-C acts on the next instruction of Lua, of which a long call has none. */
static int run_hook(lua_State *L) {
  return luaL_dostring(L, "return") != LUA_OK ? lua_error(L) : 0;
}

/* Whether a stock Lua was asked to stop; the error waits for the end of the call. */
static int is_interrupted(gbl_callback *callback) {
  lua_State *L = callback->state;
  if (callback->failed) return 1;
  if (callback->host || lua_gethook(L) == NULL || !lua_checkstack(L, LUA_MINSTACK)) return 0;
  lua_pushcfunction(L, run_hook);
  if (lua_pcall(L, 0, 0, 0) == LUA_OK) return 0;
  lua_replace(L, callback->error);
  callback->failed = 1;
  return 1;
}

void gbl_callback_end(gbl_callback *callback, const void *value) {
  lua_State *L = callback->state;
  gbl_host *host = callback->host;
  if (callback->line) draw(gb_progress_line_end(callback->line));
  gb_progress_line_free(callback->line);
  callback->line = NULL;
  if (host && host->finishing && value == NULL && host->depth == 0 && !host->ending) host->ending = GBL_CANCELLED;
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
  lua_createtable(L, 0, 15);
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
  set_count(L, "prompt_tokens", progress->prompt_tokens);
  set_count(L, "generated_tokens", progress->generated_tokens);
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

typedef struct text_event {
  const char *text;
  const char *part;
} text_event;

static int call_text(lua_State *L) {
  const text_event *event = lua_touserdata(L, 1);
  lua_pushstring(L, event->text);
  lua_pushstring(L, event->part);
  lua_call(L, 2, 1);
  return 1;
}

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
  if (callback->host) gbl_host_enter(callback->host);
  int outcome = lua_pcall(L, 2, 1, 0);
  if (callback->host) gbl_host_leave(callback->host);
  if (outcome != LUA_OK) {
    lua_replace(L, callback->error);
    callback->failed = 1;
    return 1;
  }
  int stop = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
  lua_pop(L, 1);
  return stop;
}

/* What a callback that has no answer of its own says to the library. */
static int32_t end_call(gbl_host *host) {
  gbl_host_enter(host); /* the call at work is not the script's own code */
  int32_t answer = gbl_host_poll(host) ? 1 : host->finishing ? GB_FINISH_SAMPLES : 0;
  gbl_host_leave(host);
  return answer;
}

int32_t gbl_on_progress(const gb_progress *progress, void *user_data) {
  gbl_callback *callback = user_data;
  gbl_host *host = callback->host;
  if (callback->line) {
    draw(gb_progress_line_show(callback->line, progress));
    return is_interrupted(callback);
  }
  if (callback->function != 0) {
    if (enter(callback, callback->function, call_progress, progress)) return 1;
    return host ? end_call(host) : 0;
  }
  /* The script did not ask to see it, so whoever runs the script does. */
  if (host && host->options.progress) {
    if (host->ending != GBL_RUNNING) return 1;
    int32_t answer = host->options.progress(progress, host->options.user_data);
    if (answer == GB_FINISH_SAMPLES) host->finishing = 1;
    else if (answer != 0) host->ending = GBL_CANCELLED;
    return host->finishing && answer == 0 ? GB_FINISH_SAMPLES : answer;
  }
  return is_interrupted(callback);
}

int32_t gbl_on_token(int32_t token, const char *text, void *user_data) {
  gbl_callback *callback = user_data;
  if (callback->function != 0) {
    token_event event = { token, text };
    if (enter(callback, callback->function, call_token, &event)) return 1;
  }
  return callback->host ? end_call(callback->host) : is_interrupted(callback);
}

int32_t gbl_on_text(const char *text, const char *part, void *user_data) {
  gbl_callback *callback = user_data;
  if (callback->function != 0) {
    text_event event = { text, part };
    if (enter(callback, callback->function, call_text, &event)) return 1;
  }
  return callback->host ? end_call(callback->host) : is_interrupted(callback);
}

/* A hook that fails ends the call, which keeps what it has; the error stays where the caller finds it. */
static int32_t observe(gbl_callback *callback, int function, const char *json) {
  if (callback->failed) return 1;
  int32_t stop = enter(callback, function, call_record, json);
  callback->hook_failed = callback->failed;
  return stop || (callback->host && end_call(callback->host) == 1);
}

int32_t gbl_on_sample(const char *json, void *user_data) {
  gbl_callback *callback = user_data;
  return observe(callback, callback->on_sample, json);
}

int32_t gbl_on_cell(const char *json, void *user_data) {
  gbl_callback *callback = user_data;
  return observe(callback, callback->on_cell, json);
}
