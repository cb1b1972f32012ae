/* The functions of `table` as a script has them. Lengths and elements come from metamethods, which may be functions in C
 * that no hook sees: so every loop counts its turns and looks at the host. */
#include "internal.h"

enum { READS = 1, WRITES = 2, HAS_LENGTH = 4 };

/* Raises unless the value at an index is a table, or has the metamethods that stand in for one. */
static void check_table(lua_State *L, int index, int uses) {
  static const char *const names[] = { "__index", "__newindex", "__len" };
  if (lua_type(L, index) == LUA_TTABLE) return;
  for (int i = 0; i < 3; i++) {
    if (!(uses & 1 << i)) continue;
    if (luaL_getmetafield(L, index, names[i]) == LUA_TNIL) luaL_checktype(L, index, LUA_TTABLE);
    else lua_pop(L, 1);
  }
}

static int table_concat(lua_State *L) {
  check_table(L, 1, READS | HAS_LENGTH);
  size_t gap;
  const char *separator = luaL_optlstring(L, 2, "", &gap);
  lua_Integer first = luaL_optinteger(L, 3, 1);
  lua_Integer last = lua_isnoneornil(L, 4) ? luaL_len(L, 1) : luaL_checkinteger(L, 4);
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  for (lua_Integer i = first; i <= last; i++) {
    gbl_host_charge(L, 1);
    if (i > first) luaL_addlstring(&out, separator, gap);
    lua_geti(L, 1, i);
    if (!lua_isstring(L, -1))
      luaL_error(L, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(L, -1), (LUAI_UACINT)i);
    luaL_addvalue(&out);
    if (i == last) break; /* the last integer that there is has none after it */
  }
  luaL_pushresult(&out);
  return 1;
}

static int table_insert(lua_State *L) {
  check_table(L, 1, READS | WRITES | HAS_LENGTH);
  lua_Integer end = (lua_Integer)((lua_Unsigned)luaL_len(L, 1) + 1), position = end;
  switch (lua_gettop(L)) {
    case 2: break;
    case 3:
      position = luaL_checkinteger(L, 2);
      luaL_argcheck(L, (lua_Unsigned)position - 1u < (lua_Unsigned)end, 2, "position out of bounds");
      for (lua_Integer i = end; i > position; i--) {
        gbl_host_charge(L, 1);
        lua_geti(L, 1, i - 1);
        lua_seti(L, 1, i);
      }
      break;
    default: return luaL_error(L, "wrong number of arguments to 'insert'");
  }
  lua_seti(L, 1, position);
  return 0;
}

static int table_remove(lua_State *L) {
  check_table(L, 1, READS | WRITES | HAS_LENGTH);
  lua_Integer size = luaL_len(L, 1), position = luaL_optinteger(L, 2, size);
  if (position != size) luaL_argcheck(L, (lua_Unsigned)position - 1u <= (lua_Unsigned)size, 2, "position out of bounds");
  lua_geti(L, 1, position);
  for (; position < size; position++) {
    gbl_host_charge(L, 1);
    lua_geti(L, 1, position + 1);
    lua_seti(L, 1, position);
  }
  lua_pushnil(L);
  lua_seti(L, 1, position);
  return 1;
}

static int table_move(lua_State *L) {
  lua_Integer from = luaL_checkinteger(L, 2), end = luaL_checkinteger(L, 3), to = luaL_checkinteger(L, 4);
  int target = lua_isnoneornil(L, 5) ? 1 : 5;
  check_table(L, 1, READS);
  check_table(L, target, WRITES);
  if (end >= from) {
    luaL_argcheck(L, from > 0 || end < LUA_MAXINTEGER + from, 3, "too many elements to move");
    lua_Integer count = end - from + 1;
    luaL_argcheck(L, to <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
    int is_forward = to > end || to <= from || (target != 1 && !lua_compare(L, 1, target, LUA_OPEQ));
    for (lua_Integer i = 0; i < count; i++) {
      lua_Integer offset = is_forward ? i : count - 1 - i;
      gbl_host_charge(L, 1);
      lua_geti(L, 1, from + offset);
      lua_seti(L, target, to + offset);
    }
  }
  lua_pushvalue(L, target);
  return 1;
}

/* The order of sort: the script's function (upvalue 1), else `<`. */
static int compare(lua_State *L) {
  gbl_host_charge(L, 1);
  if (lua_isnil(L, lua_upvalueindex(1))) {
    lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
  } else {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, 1);
  }
  return 1;
}

/* The standard library's sort (upvalue 1), which asks `compare`. */
static int table_sort(lua_State *L) {
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_pushcclosure(L, compare, 1);
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void gbl_limit_tables(lua_State *L) {
  static const luaL_Reg functions[] = {
    { "concat", table_concat }, { "insert", table_insert }, { "remove", table_remove }, { "move", table_move }, { NULL, NULL },
  };
  lua_getglobal(L, LUA_TABLIBNAME);
  luaL_setfuncs(L, functions, 0);
  lua_getfield(L, -1, "sort");
  lua_pushcclosure(L, table_sort, 1);
  lua_setfield(L, -2, "sort");
  lua_pop(L, 1);
}
