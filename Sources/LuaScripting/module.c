/* luaopen_gemmabench: builds the table of native functions and hands it to the prelude, which makes the module. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const char prelude[] = {
#embed "prelude.lua"
};

static const char module_key = 0;

int gbl_raise(lua_State *L) {
  lua_Debug frame;
  for (int level = 1; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline <= 0 || strcmp(frame.source, GBL_PRELUDE_NAME) == 0) continue;
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

/* fail(message): an error of the prelude, blamed on the script's line. */
static int fail(lua_State *L) {
  luaL_checkstring(L, 1);
  lua_settop(L, 1);
  return gbl_raise(L);
}

/* env(name): read-only, and only the variables that concern this library. */
static int environment(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  if (strncmp(name, "GEMMABENCH_", 11) != 0 && strncmp(name, "HF_", 3) != 0) {
    lua_pushfstring(L, "'%s' cannot be read; a script sees GEMMABENCH_* and HF_* only", name);
    return gbl_raise(L);
  }
  lua_pushstring(L, getenv(name)); /* nil if unset */
  return 1;
}

/* stop(): ends an embedded script at once and without an error. A stock Lua has no host; there nothing happens. */
static int stop(lua_State *L) {
  gbl_host *host = gbl_host_of(L);
  if (host == NULL) return 0;
  host->ending = GBL_FINISHED;
  return gbl_host_end(L, host);
}

int luaopen_gemmabench(lua_State *L) __attribute__((visibility("default")));

int luaopen_gemmabench(lua_State *L) {
  luaL_checkversion(L);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &module_key) == LUA_TTABLE) return 1;
  static const luaL_Reg functions[] = { { "free", gbl_handle_free }, { "fail", fail }, { "env", environment }, { "stop", stop }, { NULL, NULL } };
  if (luaL_loadbufferx(L, prelude, sizeof prelude, GBL_PRELUDE_NAME, "t") != LUA_OK) return lua_error(L);
  luaL_newlib(L, functions);
  gbl_add_model_functions(L);
  gbl_add_task_functions(L);
  gbl_add_statistics_functions(L);
  gbl_handles_open(L);
  lua_setfield(L, -2, "metatables");
  lua_pushstring(L, gb_version());
  lua_setfield(L, -2, "version");
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  gbl_host *host = gbl_host_of(L);
  lua_pushboolean(L, host != NULL);
  lua_setfield(L, -2, "embedded");
  lua_call(L, 1, 1);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &module_key);
  return 1;
}
