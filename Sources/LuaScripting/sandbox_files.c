/* Which files a script may have the library read and write. A stock Lua has its own files, and no limits here.
 *
 * They lie below the working folder, the script's folder, or what its arguments and the variables GEMMABENCH_... name; the data
 * (GEMMABENCH_DATA) are not written to. Models are not held to this: of a file that is no model, the library shows nothing. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

extern char **environ;

/* Pushes a path without links, `.` and `..`, of which the end need not be there; nil if there is none. */
static void push_canonical(lua_State *L, const char *path) {
  char found[PATH_MAX];
  lua_settop(L, lua_gettop(L)); /* what is pushed below stays in order: base, then rest */
  if (path[0] == '~') { /* as the library expands it */
    const char *home = getenv("HOME");
    if (home == NULL || (path[1] != '/' && path[1] != '\0')) {
      lua_pushnil(L);
      return;
    }
    lua_pushfstring(L, "%s%s", home, path + 1);
  } else {
    lua_pushstring(L, path);
  }
  int start = lua_gettop(L);
  lua_pushliteral(L, ""); /* the rest behind what is there */
  for (;;) {
    const char *base = lua_tostring(L, start), *rest = lua_tostring(L, start + 1);
    if (realpath(*base ? base : ".", found)) {
      lua_pushfstring(L, "%s%s%s", strcmp(found, "/") == 0 ? "" : found, *rest ? "/" : "", rest);
      break;
    }
    const char *slash = strrchr(base, '/'), *name = slash ? slash + 1 : base;
    struct stat status;
    /* A link to nowhere, a path through a file, a name that steps back: nothing is made there. */
    if (errno != ENOENT || strcmp(name, "..") == 0 || lstat(base, &status) == 0 || *base == '\0') {
      lua_pushnil(L);
      break;
    }
    if (*name == '\0' || strcmp(name, ".") == 0) lua_pushvalue(L, start + 1);
    else lua_pushfstring(L, "%s%s%s", name, *rest ? "/" : "", rest);
    lua_replace(L, start + 1);
    if (slash == base) lua_pushliteral(L, "/");
    else lua_pushlstring(L, base, slash ? (size_t)(slash - base) : 0);
    lua_replace(L, start);
  }
  lua_replace(L, start);
  lua_settop(L, start);
}

/* Whether the path at an index is a folder that a text names, or lies below it. */
static int is_below(lua_State *L, int index, const char *folder) {
  push_canonical(L, folder);
  const char *path = lua_tostring(L, index), *root = lua_tostring(L, -1);
  size_t length = root ? strlen(root) : 0;
  int found = root && strncmp(path, root, length) == 0 && (path[length] == '\0' || path[length] == '/');
  lua_pop(L, 1);
  return found;
}

static int is_named(lua_State *L, int index, int writes) {
  gbl_host *host = gbl_host_of(L);
  if (is_below(L, index, ".")) return 1;
  for (uint32_t i = 0; i < host->options.argument_count; i++) {
    const char *word = host->options.arguments[i], *value = strchr(word, '=');
    if (word[0] == '-') word = value ? value + 1 : "";
    if (*word && is_below(L, index, word)) return 1;
  }
  for (char **variable = environ; *variable; variable++) {
    const char *value = strchr(*variable, '=');
    if (value == NULL || value[1] == '\0' || strncmp(*variable, "GEMMABENCH_", 11) != 0) continue;
    if (writes && strncmp(*variable, "GEMMABENCH_DATA=", 16) == 0) continue;
    if (is_below(L, index, value + 1)) return 1;
  }
  const char *slash = strrchr(host->path, '/');
  lua_pushlstring(L, host->path, slash ? (size_t)(slash - host->path) + 1 : 0);
  int found = is_below(L, index, slash ? lua_tostring(L, -1) : ".");
  lua_pop(L, 1);
  return found;
}

static void check(lua_State *L, const char *path, int writes) {
  if (gbl_host_of(L) == NULL) return;
  luaL_checkstack(L, 8, "paths");
  push_canonical(L, path);
  if (lua_isnil(L, -1) || !is_named(L, lua_gettop(L), writes)) {
    lua_pushfstring(L,
                    "'%s' cannot be %s by a script: it is outside the working folder, the script's folder, and the folders named "
                    "by the script's arguments",
                    path, writes ? "written" : "read");
    gbl_raise(L);
  }
  lua_pop(L, 1);
}

void gbl_check_reading(lua_State *L, const char *path) { check(L, path, 0); }
void gbl_check_writing(lua_State *L, const char *path) { check(L, path, 1); }

/* ---- What a script made itself it may replace ---- */

static const char made_key = 0;

static void push_made(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &made_key) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &made_key);
}

void gbl_note_made(lua_State *L, const char *path) {
  if (gbl_host_of(L) == NULL) return;
  push_made(L);
  push_canonical(L, path);
  if (lua_isnil(L, -1)) lua_pop(L, 1);
  else {
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  }
  lua_pop(L, 1);
}

void gbl_check_replacing(lua_State *L, const char *path) {
  if (gbl_host_of(L) == NULL) return;
  push_made(L);
  push_canonical(L, path);
  int is_there = !lua_isnil(L, -1) && access(lua_tostring(L, -1), F_OK) == 0;
  int is_made = is_there && lua_rawget(L, -2) == LUA_TBOOLEAN;
  lua_settop(L, lua_gettop(L) - 2);
  if (!is_there || is_made) return;
  lua_pushfstring(L, "'%s' cannot be replaced by a script that did not make it; give another path", path);
  gbl_raise(L);
}

/* ---- Specifications ---- */

/* Checks the text in a field of the table on top of the stack. */
static void check_field(lua_State *L, const char *field, int writes) {
  if (lua_getfield(L, -1, field) == LUA_TSTRING) check(L, lua_tostring(L, -1), writes);
  lua_pop(L, 1);
}

/* A script starts no processes, and Python may do whatever its user may. */
static void check_hooks(lua_State *L) {
  if (lua_getfield(L, -1, "hooks") == LUA_TSTRING && strcmp(lua_tostring(L, -1), "native") != 0) {
    lua_pushliteral(L, "hooks: a script cannot have Python run; run the task from the command line, from Python or C");
    gbl_raise(L);
  }
  lua_pop(L, 1);
  lua_getfield(L, -1, "unsafe_code");
  int is_given = !lua_isnil(L, -1) && !(lua_isboolean(L, -1) && !lua_toboolean(L, -1));
  lua_pop(L, 1);
  if (!is_given) return;
  lua_pushliteral(L, "unsafe_code: a script cannot have programs run; run the task from the command line, from Python or C");
  gbl_raise(L);
}

static void check_task(lua_State *L) {
  check_field(L, "data", 0);
  check_field(L, "examples", 0);
  check_field(L, "file", 0);
  check_hooks(L);
}

void gbl_check_task(lua_State *L, int index) {
  if (gbl_host_of(L) == NULL || !lua_istable(L, index)) return;
  lua_pushvalue(L, index);
  check_task(L);
  lua_pop(L, 1);
}

void gbl_check_plan(lua_State *L, const gb_plan *plan, const char *output) {
  if (gbl_host_of(L) == NULL) return;
  gbl_decode_borrowed(L, gb_plan_info(plan));
  lua_getfield(L, -1, "plan");
  lua_getfield(L, -1, "tasks");
  for (lua_Integer i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++) {
    check_task(L);
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
  lua_getfield(L, -1, "output");
  if (output) check(L, output, 1);
  else if (lua_istable(L, -1)) check_field(L, "path", 1);
  lua_pop(L, 3);
}
