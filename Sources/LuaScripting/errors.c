/* Errors: the script's line in front, and what a call leaves behind when it fails half-way. */
#include <string.h>

#include "internal.h"

int gbl_raise(lua_State *L) {
  lua_Debug frame;
  for (int level = 1; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline <= 0 || strncmp(frame.source, GBL_PRELUDE_NAME, strlen(GBL_PRELUDE_NAME)) == 0) continue;
    lua_pushfstring(L, "%s:%d: %s", frame.short_src, frame.currentline, lua_tostring(L, -1));
    break;
  }
  return lua_error(L);
}

void gbl_require(lua_State *L, gb_status status) {
  if (status == GB_OK) return;
  const char *message = gb_last_error();
  lua_pushstring(L, message && message[0] ? message : gb_status_name(status));
  gbl_raise(L);
}

static int describe(lua_State *L) {
  lua_getfield(L, 1, "message");
  luaL_tolstring(L, -1, NULL);
  return 1;
}

/* The text with the script's line in front, made by a protected gbl_raise. */
static int raise_text(lua_State *L) { return gbl_raise(L); }

int gbl_raise_with_run(lua_State *L, int run) {
  run = lua_absindex(L, run);
  lua_pushcfunction(L, raise_text);
  lua_insert(L, -2);
  lua_pcall(L, 1, 1, 0);
  lua_createtable(L, 0, 2);
  lua_insert(L, -2);
  lua_setfield(L, -2, "message");
  lua_pushvalue(L, run);
  lua_setfield(L, -2, "run");
  if (luaL_newmetatable(L, "gemmabench.error")) {
    lua_pushcfunction(L, describe);
    lua_setfield(L, -2, "__tostring");
  }
  lua_setmetatable(L, -2);
  return lua_error(L);
}
