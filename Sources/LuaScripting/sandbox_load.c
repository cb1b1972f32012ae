/* Source text into a function, in pieces: the compiler asks for each, and there it can be stopped. */
#include <string.h>

#include "internal.h"

enum { PIECE = 1024, READER_SLOT = 5 };

typedef struct source {
  const char *text;
  size_t left;
} source;

static void look(lua_State *L) {
  gbl_host *host = gbl_host_of(L);
  if (host && gbl_host_poll(host)) gbl_host_end(L, host);
}

static const char *read_piece(lua_State *L, void *data, size_t *size) {
  source *from = data;
  const char *piece = from->text;
  look(L);
  *size = from->left < PIECE ? from->left : PIECE;
  from->text += *size;
  from->left -= *size;
  return *size ? piece : NULL;
}

int gbl_load_text(lua_State *L, const char *text, size_t length, const char *name) {
  source from = { text, length };
  return lua_load(L, read_piece, &from, name, "t"); /* byte code is not verified by Lua and could crash the process */
}

/* A piece of what the script's function at index 1 gives; it stays on the stack for as long as the compiler reads it. */
static const char *read_returned(lua_State *L, void *data, size_t *size) {
  (void)data;
  look(L);
  luaL_checkstack(L, 2, "too many nested functions");
  lua_pushvalue(L, 1);
  lua_call(L, 0, 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    *size = 0;
    return NULL;
  }
  if (!lua_isstring(L, -1)) luaL_error(L, "reader function must return a string");
  lua_replace(L, READER_SLOT);
  return lua_tolstring(L, READER_SLOT, size);
}

/* load(chunk, name, mode, environment): the mode is always text. */
static int load(lua_State *L) {
  int has_environment = !lua_isnone(L, 4), status;
  size_t length;
  const char *text = lua_tolstring(L, 1, &length);
  const char *name = luaL_optstring(L, 2, text ? text : "=(load)");
  if (text) {
    status = gbl_load_text(L, text, length, name);
  } else {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, READER_SLOT);
    status = lua_load(L, read_returned, NULL, name, "t");
  }
  if (status != LUA_OK) {
    luaL_pushfail(L);
    lua_insert(L, -2);
    return 2;
  }
  if (has_environment) {
    lua_pushvalue(L, 4);
    if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
  }
  return 1;
}

void gbl_limit_load(lua_State *L) {
  lua_pushcfunction(L, load);
  lua_setglobal(L, "load");
}
