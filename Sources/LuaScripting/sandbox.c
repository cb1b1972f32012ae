/* What a script may touch: the language without files, processes, byte code, finalizers or coroutines. */
#include <string.h>

#include "internal.h"

/* Runs the function it replaces in the same frame, so its errors still name the script's line. */
static int original(lua_State *L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

/* Puts `guard` in place of a field of the table on top of the stack, with what was there as its upvalue. */
static void guard_field(lua_State *L, const char *name, lua_CFunction guard) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, guard, 1);
  lua_setfield(L, -2, name);
}

static void remove_field(lua_State *L, const char *name) {
  lua_pushnil(L);
  lua_setfield(L, -2, name);
}

static int guarded_collectgarbage(lua_State *L) {
  static const char *const allowed[] = { "collect", "count", "step", NULL };
  luaL_checkoption(L, 1, "collect", allowed);
  gbl_host_charge(L, gbl_host_of(L)->memory_used / 16);
  return original(L);
}

/* Finalizers run with hooks off: an endless one could not be cancelled. */
static int guarded_setmetatable(lua_State *L) {
  if (lua_istable(L, 2)) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "__gc is not available in a script; use __close");
    lua_pop(L, 1);
  }
  return original(L);
}

static int print(lua_State *L) {
  gbl_host *host = gbl_host_of(L);
  int count = lua_gettop(L);
  luaL_Buffer line;
  luaL_buffinit(L, &line);
  for (int i = 1; i <= count; i++) {
    if (i > 1) luaL_addchar(&line, '\t');
    luaL_tolstring(L, i, NULL);
    luaL_addvalue(&line);
  }
  luaL_addchar(&line, '\n');
  luaL_pushresult(&line);
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  if (host->options.output) host->options.output(text, length, host->options.user_data);
  return 0;
}

static int require(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  if (strcmp(name, "gemmabench") != 0)
    return luaL_error(L, "no module '%s': a script can require \"gemmabench\" only", name);
  lua_pushcfunction(L, luaopen_gemmabench);
  lua_call(L, 0, 1);
  return 1;
}

static void open_libraries(lua_State *L) {
  static const luaL_Reg libraries[] = {
    { LUA_GNAME, luaopen_base },           { LUA_TABLIBNAME, luaopen_table }, { LUA_STRLIBNAME, luaopen_string },
    { LUA_MATHLIBNAME, luaopen_math },     { LUA_UTF8LIBNAME, luaopen_utf8 }, { NULL, NULL },
  };
  for (const luaL_Reg *library = libraries; library->func; library++) {
    luaL_requiref(L, library->name, library->func, 1);
    lua_pop(L, 1);
  }
}

/* os with the clock and nothing else. */
static void open_clock(lua_State *L) {
  static const char *const names[] = { "time", "clock", "date", "difftime", NULL };
  lua_pushcfunction(L, luaopen_os);
  lua_call(L, 0, 1);
  lua_newtable(L);
  for (const char *const *name = names; *name; name++) {
    lua_getfield(L, -2, *name);
    lua_setfield(L, -2, *name);
  }
  lua_setglobal(L, "os");
  lua_pop(L, 1);
}

static void set_arguments(lua_State *L, gbl_host *host) {
  lua_createtable(L, (int)host->options.argument_count, 1);
  lua_pushstring(L, host->path);
  lua_rawseti(L, -2, 0);
  for (uint32_t i = 0; i < host->options.argument_count; i++) {
    lua_pushstring(L, host->options.arguments[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setglobal(L, "arg");
}

void gbl_sandbox_open(lua_State *L, gbl_host *host) {
  open_libraries(L);
  open_clock(L);
  set_arguments(L, host);
  lua_pushglobaltable(L);
  remove_field(L, "dofile");
  remove_field(L, "loadfile");
  guard_field(L, "collectgarbage", guarded_collectgarbage);
  guard_field(L, "setmetatable", guarded_setmetatable);
  lua_pushcfunction(L, print);
  lua_setfield(L, -2, "print");
  lua_pushcfunction(L, require);
  lua_setfield(L, -2, "require");
  lua_pop(L, 1);
  gbl_limit_strings(L);
  gbl_limit_tables(L);
  gbl_limit_load(L);
  /* The prelude is loaded now, in full view of the library, and then the globals become strict. */
  lua_pushcfunction(L, luaopen_gemmabench);
  lua_call(L, 0, 1);
  lua_getfield(L, -1, "declare_globals");
  lua_call(L, 0, 0);
  lua_pop(L, 1);
}
