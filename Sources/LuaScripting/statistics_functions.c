/* The gb_ calls of statistics, as Lua functions for the prelude. Each takes a table of options as its last argument, whose
 * keys the prelude has checked. */
#include <stdlib.h>

#include "internal.h"

/* A number of the options at an index; 0 if absent. Anything but a number is an error that names it. */
static double number_field(lua_State *L, int index, const char *key) {
  int is_number = 1;
  lua_getfield(L, index, key);
  double value = lua_isnil(L, -1) ? 0.0 : lua_tonumberx(L, -1, &is_number);
  if (!is_number) {
    lua_pushfstring(L, "%s must be a number, not '%s'", key, luaL_tolstring(L, -1, NULL));
    gbl_raise(L);
  }
  lua_pop(L, 1);
  return value;
}

static uint64_t count_field(lua_State *L, int index, const char *key) {
  lua_getfield(L, index, key);
  uint64_t value = gbl_check_count(L, lua_gettop(L), key);
  lua_pop(L, 1);
  return value;
}

/* A text of the options, NULL if absent. It lives as long as the table holds it. */
static const char *text_field(lua_State *L, int index, const char *key) {
  lua_getfield(L, index, key);
  if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING) {
    lua_pushfstring(L, "%s must be a text, not '%s'", key, luaL_tolstring(L, -1, NULL));
    gbl_raise(L);
  }
  const char *text = lua_tostring(L, -1);
  lua_pop(L, 1);
  return text;
}

static void set_number(lua_State *L, const char *key, double value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, key);
}

/* stats(run, options): what means nothing is absent. */
static int stats(lua_State *L) {
  gb_run *run = gbl_handle_check(L, 1, GBL_RUN)->pointer;
  luaL_checktype(L, 2, LUA_TTABLE);
  gb_stats_options options = GB_STATS_OPTIONS_INIT;
  options.confidence_level = number_field(L, 2, "confidence_level");
  options.metric = text_field(L, 2, "metric");
  options.interval = text_field(L, 2, "interval");
  options.clusters = text_field(L, 2, "clusters");
  options.replicates = count_field(L, 2, "replicates");
  options.seed = count_field(L, 2, "seed");
  gb_stats_result result = { 0 };
  result.struct_size = sizeof result;
  gbl_require(L, gb_stats(&result, run, &options));
  lua_createtable(L, 0, 8);
  lua_pushinteger(L, (lua_Integer)result.count);
  lua_setfield(L, -2, "count");
  lua_pushinteger(L, (lua_Integer)result.unscored);
  lua_setfield(L, -2, "unscored");
  set_number(L, "confidence_level", result.confidence_level);
  if (result.has_mean) set_number(L, "mean", result.mean);
  if (options.clusters) {
    lua_pushinteger(L, (lua_Integer)result.clusters);
    lua_setfield(L, -2, "clusters");
  }
  if (result.has_median) set_number(L, "median", result.median);
  if (result.has_error) set_number(L, "standard_error", result.standard_error);
  if (result.has_sampling) {
    set_number(L, "sampling_variance", result.sampling_variance);
    set_number(L, "sampling_share", result.sampling_share);
  }
  if (result.has_interval) {
    set_number(L, "lower", result.lower);
    set_number(L, "upper", result.upper);
  }
  return 1;
}

/* The options of both kinds of comparisons, of a table that outlives them. */
static gb_compare_options compare_options(lua_State *L, int table) {
  gb_compare_options options = GB_COMPARE_OPTIONS_INIT;
  options.confidence_level = number_field(L, table, "confidence_level");
  options.margin = number_field(L, table, "margin");
  options.metric = text_field(L, table, "metric");
  options.clusters = text_field(L, table, "clusters");
  options.replicates = count_field(L, table, "replicates");
  options.seed = count_field(L, table, "seed");
  return options;
}

/* compare(first, second, options) */
static int compare(lua_State *L) {
  gb_run *first = gbl_handle_check(L, 1, GBL_RUN)->pointer;
  gb_run *second = gbl_handle_check(L, 2, GBL_RUN)->pointer;
  luaL_checktype(L, 3, LUA_TTABLE);
  gb_compare_options options = compare_options(L, 3);
  char *json = NULL;
  gbl_require(L, gb_compare(&json, first, second, &options));
  gbl_take_json(L, json);
  return 1;
}

/* report_compare(first, second or nil, options) */
static int report_compare(lua_State *L) {
  gb_report *first = gbl_handle_check(L, 1, GBL_REPORT)->pointer;
  gb_report *second = lua_isnil(L, 2) ? NULL : gbl_handle_check(L, 2, GBL_REPORT)->pointer;
  luaL_checktype(L, 3, LUA_TTABLE);
  gb_compare_options options = compare_options(L, 3);
  options.by = text_field(L, 3, "by");
  options.first_value = text_field(L, 3, "first_value");
  options.second_value = text_field(L, 3, "second_value");
  char *json = NULL;
  gbl_require(L, gb_compare_reports(&json, first, second, &options));
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
  luaL_checktype(L, 1, LUA_TTABLE);
  gb_power_options options = GB_POWER_OPTIONS_INIT;
  uint64_t runs = count_field(L, 1, "runs");
  options.runs = runs > UINT32_MAX ? UINT32_MAX : (uint32_t)runs;
  uint64_t repeats = count_field(L, 1, "repeats");
  options.repeats = repeats > UINT32_MAX ? UINT32_MAX : (uint32_t)repeats;
  options.design = text_field(L, 1, "design");
  options.baseline = number_field(L, 1, "baseline");
  options.difference = number_field(L, 1, "difference");
  options.items = count_field(L, 1, "items");
  options.power = number_field(L, 1, "power");
  options.significance = number_field(L, 1, "significance");
  options.discordance = number_field(L, 1, "discordance");
  options.sampling_variance = number_field(L, 1, "sampling_variance");
  options.half_width = number_field(L, 1, "half_width");
  char *json = NULL;
  gbl_require(L, gb_power(&json, &options));
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
