/* The gb_ calls of statistics, as Lua functions for the prelude. Their options go as JSON and their results come as JSON, so a
 * new option or a new result needs nothing here. */
#include <stdlib.h>

#include "internal.h"

/* stats(run, options) */
static int stats(lua_State *L) {
  gb_run *run = gbl_handle_check(L, 1, GBL_RUN)->pointer;
  const char *options = gbl_options_json(L, 2);
  char *json = NULL;
  gbl_require(L, gb_stats(&json, run, options));
  gbl_take_json(L, json);
  return 1;
}

/* compare(first, second, options) */
static int compare(lua_State *L) {
  gb_run *first = gbl_handle_check(L, 1, GBL_RUN)->pointer;
  gb_run *second = gbl_handle_check(L, 2, GBL_RUN)->pointer;
  const char *options = gbl_options_json(L, 3);
  char *json = NULL;
  gbl_require(L, gb_compare(&json, first, second, options));
  gbl_take_json(L, json);
  return 1;
}

/* report_compare(first, second or nil, options) */
static int report_compare(lua_State *L) {
  gb_report *first = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  gb_report *second = lua_isnil(L, 2) ? NULL : gbl_handle_check(L, 2, GBL_REPORT)->pointer;
  const char *options = gbl_options_json(L, 3);
  char *json = NULL;
  gbl_require(L, gb_compare_reports(&json, first, second, options));
  gbl_take_json(L, json);
  return 1;
}

/* adjust(p_values, method) */
static int adjust(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const char *method = luaL_checkstring(L, 2);
  size_t count = lua_rawlen(L, 1);
  double *values = lua_newuserdatauv(L, (count + 1) * sizeof *values, 0); /* freed by the collector, whatever happens */
  for (size_t index = 0; index < count; index++) {
    lua_rawgeti(L, 1, (lua_Integer)index + 1);
    int is_number = 0;
    values[index] = lua_tonumberx(L, -1, &is_number);
    if (!is_number) {
      lua_pushfstring(L, "adjust: entry %I is not a number", (LUAI_UACINT)index + 1);
      return gbl_raise(L);
    }
    lua_pop(L, 1);
  }
  gbl_require(L, gb_adjust(values, values, count, method));
  lua_createtable(L, (int)count, 0);
  for (size_t index = 0; index < count; index++) {
    lua_pushnumber(L, values[index]);
    lua_rawseti(L, -2, (lua_Integer)index + 1);
  }
  return 1;
}

/* format_value(value, unit): a value of a metric as reports print it */
static int format_value(lua_State *L) {
  char *text = NULL;
  gbl_require(L, gb_format_value(&text, luaL_checknumber(L, 1), luaL_optstring(L, 2, NULL)));
  gbl_take_string(L, text);
  return 1;
}

/* power(options) */
static int power(lua_State *L) {
  const char *options = gbl_options_json(L, 1);
  char *json = NULL;
  gbl_require(L, gb_power(&json, options));
  gbl_take_json(L, json);
  return 1;
}

void gbl_add_statistics_functions(lua_State *L) {
  static const luaL_Reg functions[] = {
    { "stats", stats }, { "compare", compare }, { "report_compare", report_compare }, { "adjust", adjust }, { "power", power },
    { "format_value", format_value }, { NULL, NULL },
  };
  luaL_setfuncs(L, functions, 0);
}
