/* The gb_ calls on models, tokens and texts, as Lua functions for the prelude. */
#include <stdlib.h>

#include "internal.h"

/* A field of the options table at an index, left on the stack; nil if there is no table. */
static void push_field(lua_State *L, int index, const char *key) {
  if (lua_istable(L, index)) lua_getfield(L, index, key);
  else lua_pushnil(L);
}

static uint32_t count_field(lua_State *L, int index, const char *key) {
  push_field(L, index, key);
  int is_integer = 1;
  lua_Integer value = lua_isnil(L, -1) ? 0 : lua_tointegerx(L, -1, &is_integer);
  if (!is_integer || value < 0 || value > UINT32_MAX) {
    lua_pushfstring(L, "%s must be a whole number of 0 or more, not '%s'", key, luaL_tolstring(L, -1, NULL));
    gbl_raise(L);
  }
  lua_pop(L, 1);
  return (uint32_t)value;
}

static double number_field(lua_State *L, int index, const char *key) {
  push_field(L, index, key);
  int is_number = 1;
  double value = lua_isnil(L, -1) ? 0.0 : lua_tonumberx(L, -1, &is_number);
  if (!is_number) {
    lua_pushfstring(L, "%s must be a number, not '%s'", key, luaL_tolstring(L, -1, NULL));
    gbl_raise(L);
  }
  lua_pop(L, 1);
  return value;
}

/* load_model(path, options, progress) */
static int load_model(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  lua_settop(L, 3);
  gb_load_options options = GB_LOAD_OPTIONS_INIT;
  options.threads = count_field(L, 2, "threads");
  options.context_length = count_field(L, 2, "context_length");
  push_field(L, 2, "name");
  options.name = lua_isnil(L, -1) ? NULL : luaL_checkstring(L, -1);
  push_field(L, 2, "cache_dir");
  options.cache_dir = lua_isnil(L, -1) ? NULL : luaL_checkstring(L, -1);
  if (options.cache_dir) gbl_check_writing(L, options.cache_dir);
  push_field(L, 2, "quantization"); /* true is four bits, false none */
  if (lua_isboolean(L, -1)) options.quantization = lua_toboolean(L, -1) ? "q4_0" : NULL;
  else options.quantization = lua_isnil(L, -1) ? NULL : luaL_checkstring(L, -1);
  push_field(L, 2, "precision");
  options.precision = lua_isnil(L, -1) ? NULL : luaL_checkstring(L, -1);
  push_field(L, 2, "local_only");
  if (lua_toboolean(L, -1)) options.flags |= GB_LOAD_LOCAL_ONLY;
  push_field(L, 2, "any_size");
  if (lua_toboolean(L, -1)) options.flags |= GB_LOAD_ANY_SIZE;
  gbl_handle *handle = gbl_handle_new(L, GBL_MODEL);
  int result = lua_gettop(L);
  gbl_callback callback;
  gbl_callback_begin(&callback, L, 3);
  options.progress = gbl_on_progress;
  options.user_data = &callback;
  gb_model *model = NULL;
  gb_status status = gb_load_model(&model, path, &options);
  handle->pointer = model;
  gbl_callback_end(&callback, model);
  gbl_require(L, status);
  lua_pushvalue(L, result);
  return 1;
}

/* quantize(model, output, options, progress) */
static int quantize(lua_State *L) {
  const char *model = luaL_checkstring(L, 1), *output = luaL_checkstring(L, 2);
  lua_settop(L, 4);
  gb_quantize_options options = GB_QUANTIZE_OPTIONS_INIT;
  options.threads = count_field(L, 3, "threads");
  push_field(L, 3, "type");
  options.type = lua_isnil(L, -1) ? NULL : luaL_checkstring(L, -1);
  push_field(L, 3, "cache_dir");
  options.cache_dir = lua_isnil(L, -1) ? NULL : luaL_checkstring(L, -1);
  if (options.cache_dir) gbl_check_writing(L, options.cache_dir);
  push_field(L, 3, "force");
  options.force = (uint32_t)lua_toboolean(L, -1);
  gbl_check_writing(L, output);
  if (options.force) gbl_check_replacing(L, output);
  gbl_callback callback;
  gbl_callback_begin(&callback, L, 4);
  options.progress = gbl_on_progress;
  options.user_data = &callback;
  char *written = NULL;
  gb_status status = gb_quantize_model(&written, model, output, &options);
  gbl_callback_end(&callback, written);
  gbl_require(L, status);
  gbl_note_made(L, output);
  gbl_take_json(L, written);
  return 1;
}

/* fetch_data(name, options) */
static int fetch_data(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  lua_settop(L, 2);
  push_field(L, 2, "cache_dir");
  if (!lua_isnil(L, -1)) gbl_check_writing(L, luaL_checkstring(L, -1));
  lua_settop(L, 2);
  const char *options = gbl_options_json(L, 2);
  gbl_callback callback;
  gbl_callback_begin(&callback, L, 0);
  char *json = NULL;
  gb_status status = gb_fetch_data(&json, name, options, gbl_on_progress, &callback);
  gbl_callback_end(&callback, json);
  gbl_require(L, status);
  gbl_take_json(L, json);
  return 1;
}

/* cached_data() */
static int cached_data(lua_State *L) {
  char *json = NULL;
  gbl_require(L, gb_cached_data(&json, NULL));
  gbl_take_json(L, json);
  return 1;
}

static int model_info(lua_State *L) {
  const char *json = gb_model_info(gbl_handle_check(L, 1, GBL_MODEL)->pointer);
  if (json == NULL) gbl_require(L, GB_INTERNAL);
  gbl_json_decode(L, json);
  return 1;
}

/* What a gb_ call allocated is kept in a userdata with a finalizer while Lua values are made of it, since making them
 * may raise. */
typedef struct keeper {
  char *string;
  int32_t *tokens;
  gb_generation *generation;
} keeper;

static int keeper_collect(lua_State *L) {
  keeper *kept = lua_touserdata(L, 1);
  gb_string_free(kept->string);
  gb_tokens_free(kept->tokens);
  gb_generation_free(kept->generation);
  kept->string = NULL;
  kept->tokens = NULL;
  kept->generation = NULL;
  return 0;
}

static keeper *keeper_new(lua_State *L) {
  keeper *kept = lua_newuserdatauv(L, sizeof *kept, 0);
  kept->string = NULL;
  kept->tokens = NULL;
  kept->generation = NULL;
  if (luaL_newmetatable(L, "gemmabench.keeper")) {
    lua_pushcfunction(L, keeper_collect);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return kept;
}

static void keeper_release(keeper *kept) {
  gb_string_free(kept->string);
  gb_tokens_free(kept->tokens);
  gb_generation_free(kept->generation);
  kept->string = NULL;
  kept->tokens = NULL;
  kept->generation = NULL;
}

static int tokenize(lua_State *L) {
  gb_model *model = gbl_handle_check(L, 1, GBL_MODEL)->pointer;
  const char *text = luaL_checkstring(L, 2);
  keeper *kept = keeper_new(L);
  size_t count = 0;
  gbl_require(L, gb_tokenize(&kept->tokens, &count, model, text, lua_toboolean(L, 3)));
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushinteger(L, kept->tokens[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  keeper_release(kept);
  return 1;
}

/* apply_chat_template(model, messages, no_generation_prompt, thinking): thinking is true, false or nil */
static int apply_chat_template(lua_State *L) {
  gb_model *model = gbl_handle_check(L, 1, GBL_MODEL)->pointer;
  lua_settop(L, 4);
  gb_chat_options options = GB_CHAT_OPTIONS_INIT;
  options.no_generation_prompt = (uint32_t)lua_toboolean(L, 3);
  if (!lua_isnil(L, 4)) options.thinking = lua_toboolean(L, 4) ? GB_THINKING_ON : GB_THINKING_OFF;
  keeper *kept = keeper_new(L);
  gbl_json_encode(L, 2);
  gbl_require(L, gb_apply_chat_template(&kept->string, model, lua_tostring(L, -1), &options));
  lua_pushstring(L, kept->string);
  keeper_release(kept);
  return 1;
}

/* Pushes a buffer (a userdata, so Lua frees it) with the token ids of the list at an index. */
static int32_t *push_tokens(lua_State *L, int index, size_t *count) {
  luaL_checktype(L, index, LUA_TTABLE);
  *count = lua_rawlen(L, index);
  int32_t *tokens = lua_newuserdatauv(L, *count * sizeof *tokens + 1, 0);
  for (size_t i = 0; i < *count; i++) {
    int is_integer = 0;
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    lua_Integer token = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || token < INT32_MIN || token > INT32_MAX) {
      lua_pushfstring(L, "token %d of the list is '%s', not a token id", (int)i + 1, luaL_tolstring(L, -1, NULL));
      gbl_raise(L);
    }
    tokens[i] = (int32_t)token;
    lua_pop(L, 1);
  }
  return tokens;
}

static int detokenize(lua_State *L) {
  gb_model *model = gbl_handle_check(L, 1, GBL_MODEL)->pointer;
  size_t count;
  int32_t *tokens = push_tokens(L, 2, &count);
  keeper *kept = keeper_new(L);
  gbl_require(L, gb_detokenize(&kept->string, model, tokens, count));
  lua_pushstring(L, kept->string);
  keeper_release(kept);
  return 1;
}

static int score(lua_State *L) {
  gb_model *model = gbl_handle_check(L, 1, GBL_MODEL)->pointer;
  size_t context_count, continuation_count;
  int32_t *context = push_tokens(L, 2, &context_count);
  int32_t *continuation = push_tokens(L, 3, &continuation_count);
  float *scores = lua_newuserdatauv(L, continuation_count * sizeof *scores + 1, 0);
  gbl_require(L, gb_score_tokens(scores, model, context, context_count, continuation, continuation_count));
  lua_createtable(L, (int)continuation_count, 0);
  for (size_t i = 0; i < continuation_count; i++) {
    lua_pushnumber(L, scores[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* chat(model, messages, settings, on_text) */
static int chat(lua_State *L) {
  gbl_handle *model = gbl_handle_check(L, 1, GBL_MODEL);
  lua_settop(L, 4);
  gbl_json_encode(L, 2);
  gbl_json_encode(L, 3);
  keeper *kept = keeper_new(L);
  gbl_callback callback;
  gbl_callback_begin(&callback, L, 4);
  model->busy++;
  gb_status status =
      gb_chat(&kept->generation, model->pointer, lua_tostring(L, 5), lua_tostring(L, 6), gbl_on_text, &callback);
  model->busy--;
  gbl_callback_end(&callback, kept->generation);
  gbl_require(L, status);
  gbl_json_decode(L, gb_generation_info(kept->generation));
  keeper_release(kept);
  return 1;
}

/* generate(model, prompt, options, on_token) */
static int generate(lua_State *L) {
  gbl_handle *model = gbl_handle_check(L, 1, GBL_MODEL);
  const char *prompt = luaL_checkstring(L, 2);
  lua_settop(L, 4);
  gb_generate_options options = GB_GENERATE_OPTIONS_INIT;
  options.max_tokens = count_field(L, 3, "max_tokens");
  options.temperature = number_field(L, 3, "temperature");
  options.top_p = number_field(L, 3, "top_p");
  options.top_k = count_field(L, 3, "top_k");
  push_field(L, 3, "seed");
  options.seed = gbl_check_count(L, lua_gettop(L), "seed");
  lua_pop(L, 1);
  push_field(L, 3, "stop"); /* stays on the stack, so its strings stay alive */
  if (lua_istable(L, -1)) {
    int list = lua_gettop(L);
    options.stop_count = lua_rawlen(L, list);
    const char **stops = lua_newuserdatauv(L, options.stop_count * sizeof *stops + 1, 0);
    for (size_t i = 0; i < options.stop_count; i++) {
      if (lua_rawgeti(L, list, (lua_Integer)i + 1) != LUA_TSTRING) {
        lua_pushliteral(L, "stop must be a list of texts");
        gbl_raise(L);
      }
      stops[i] = lua_tostring(L, -1);
      lua_pop(L, 1);
    }
    options.stops = stops;
  }
  keeper *kept = keeper_new(L);
  gbl_callback callback;
  gbl_callback_begin(&callback, L, 4);
  options.on_token = gbl_on_token;
  options.user_data = &callback;
  model->busy++;
  gb_status status = gb_generate(&kept->generation, model->pointer, prompt, &options);
  model->busy--;
  gbl_callback_end(&callback, kept->generation);
  gbl_require(L, status);
  gbl_json_decode(L, gb_generation_info(kept->generation));
  keeper_release(kept);
  return 1;
}

void gbl_add_model_functions(lua_State *L) {
  static const luaL_Reg functions[] = {
    { "load_model", load_model }, { "quantize", quantize }, { "fetch_data", fetch_data },
    { "cached_data", cached_data }, { "model_info", model_info }, { "tokenize", tokenize },
    { "detokenize", detokenize }, { "score", score },           { "generate", generate },
    { "apply_chat_template", apply_chat_template }, { "chat", chat }, { NULL, NULL },
  };
  luaL_setfuncs(L, functions, 0);
}
