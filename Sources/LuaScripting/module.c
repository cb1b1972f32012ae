/* luaopen_gemmabench: builds the table of native functions and hands it to the prelude, which makes the module. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The parts of the prelude, each over the ones before: every part is called with (native, shared), and the last one's
 * result is the module. */
static const char prelude[] = {
#embed "prelude.lua"
};
static const char tasks_part[] = {
#embed "prelude_tasks.lua"
};
static const char sweeps_part[] = {
#embed "prelude_sweeps.lua"
};
static const char options_part[] = {
#embed "prelude_options.lua"
};

static const struct {
  const char *name, *text;
  size_t length;
} parts[] = {
  { GBL_PRELUDE_NAME, prelude, sizeof prelude },
  { GBL_PRELUDE_NAME " tasks", tasks_part, sizeof tasks_part },
  { GBL_PRELUDE_NAME " sweeps", sweeps_part, sizeof sweeps_part },
  { GBL_PRELUDE_NAME " options", options_part, sizeof options_part },
};

static const char module_key = 0;

/* fail(message): an error of the prelude, blamed on the script's line. */
static int fail(lua_State *L) {
  luaL_checkstring(L, 1);
  lua_settop(L, 1);
  return gbl_raise(L);
}

/* env(name): read-only, and only the variables of this library; none that may hold a secret. */
static int environment(lua_State *L) {
  static const char *const secrets[] = { "TOKEN", "SECRET", "PASSWORD", "PASSWD", "KEY", "CREDENTIAL", "AUTH" };
  const char *name = luaL_checkstring(L, 1);
  int is_open = strncmp(name, "GEMMABENCH_", 11) == 0;
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) is_open &= strstr(name, secrets[i]) == NULL;
  if (!is_open) {
    lua_pushfstring(L, "'%s' cannot be read; scripts see only the variables GEMMABENCH_*, without secrets", name);
    return gbl_raise(L);
  }
  lua_pushstring(L, getenv(name)); /* nil if unset */
  return 1;
}

/* decode(text): the value of a JSON text. */
static int decode(lua_State *L) {
  gbl_json_decode(L, luaL_checkstring(L, 1));
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
  static const luaL_Reg functions[] = {
    { "free", gbl_handle_free }, { "fail", fail },     { "env", environment },
    { "decode", decode },        { "stop", stop },     { "draw_progress", gbl_draw_progress },
    { NULL, NULL },
  };
  luaL_newlib(L, functions);
  int native = lua_gettop(L);
  gbl_add_model_functions(L);
  gbl_add_task_functions(L);
  gbl_add_definition_functions(L);
  gbl_add_sweep_functions(L);
  gbl_add_statistics_functions(L);
  gbl_handles_open(L);
  lua_setfield(L, native, "metatables");
  lua_pushstring(L, gb_version());
  lua_setfield(L, native, "version");
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, native, "null");
  lua_pushboolean(L, gbl_host_of(L) != NULL);
  lua_setfield(L, native, "embedded");
  lua_newtable(L);
  int shared = lua_gettop(L);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    lua_settop(L, shared);
    if (luaL_loadbufferx(L, parts[i].text, parts[i].length, parts[i].name, "t") != LUA_OK) return lua_error(L);
    lua_pushvalue(L, native);
    lua_pushvalue(L, shared);
    lua_call(L, 2, 1);
  }
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &module_key);
  return 1;
}
