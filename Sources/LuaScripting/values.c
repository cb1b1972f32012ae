/* Values that cross the border: texts and JSON that the library gave away, counts, fields of an options table. */
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

static void take(lua_State *L, char *string, lua_CFunction convert) {
  lua_pushcfunction(L, convert);
  lua_pushlightuserdata(L, string);
  int status = lua_pcall(L, 1, 1, 0);
  gb_string_free(string);
  if (status != LUA_OK) lua_error(L);
}

void gbl_take_json(lua_State *L, char *string) { take(L, string, decode_string); }

void gbl_take_string(lua_State *L, char *string) { take(L, string, push_string); }

void gbl_decode_borrowed(lua_State *L, const char *json) {
  if (json == NULL) gbl_require(L, GB_INTERNAL);
  gbl_json_decode(L, json);
}

const char *gbl_options_json(lua_State *L, int index) {
  luaL_checktype(L, index, LUA_TTABLE);
  lua_pushnil(L);
  if (!lua_next(L, index)) return NULL; /* an empty table would be an array */
  lua_pop(L, 2);
  gbl_json_encode(L, index);
  return lua_tostring(L, -1);
}

uint64_t gbl_check_count(lua_State *L, int index, const char *name) {
  int is_integer = 1;
  lua_Integer value = lua_isnoneornil(L, index) ? 0 : lua_tointegerx(L, index, &is_integer);
  if (!is_integer || value < 0) {
    lua_pushfstring(L, "%s must be a whole number of 0 or more, not '%s'", name, luaL_tolstring(L, index, NULL));
    gbl_raise(L);
  }
  return (uint64_t)value;
}
