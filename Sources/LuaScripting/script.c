/* gbl_run_file: one script, one interpreter, from reading the file to the status. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lua_scripting.h"

enum { GBL_HOOK_INTERVAL = 10000 }; /* instructions between two looks at the clock, of a script that needs little memory */
static const size_t default_memory_limit = (size_t)1 << 30;

static void *allocate(void *user_data, void *block, size_t old_size, size_t new_size) {
  gbl_host *host = user_data;
  if (block == NULL) old_size = 0; /* Lua passes the kind of the object there */
  if (new_size == 0) {
    free(block);
    host->memory_used -= old_size;
    return NULL;
  }
  if (new_size > old_size && new_size - old_size > host->memory_limit - host->memory_used) return NULL;
  void *result = realloc(block, new_size);
  if (result) host->memory_used += new_size - old_size;
  gbl_host_allocated(host, new_size);
  return result;
}

typedef struct script {
  gbl_host *host;
  const char *text;
  size_t length;
} script;

/* The name that errors show: the path as given, unless Lua would cut it short. */
static void push_chunk_name(lua_State *L, const char *path) {
  const char *slash = strrchr(path, '/');
  lua_pushfstring(L, "@%s", strlen(path) + 2 < LUA_IDSIZE || !slash ? path : slash + 1);
}

/* The protected body: everything that may raise happens in here. */
static int run_protected(lua_State *L) {
  script *source = lua_touserdata(L, 1);
  gbl_host_set(L, source->host);
  gbl_sandbox_open(L, source->host);
  push_chunk_name(L, source->host->path);
  if (gbl_load_text(L, source->text, source->length, lua_tostring(L, -1)) != LUA_OK) return lua_error(L);
  gbl_host_watch(L, source->host, GBL_HOOK_INTERVAL);
  lua_call(L, 0, 0);
  return 0;
}

/* Turns the error value into text while still protected. */
static int message_handler(lua_State *L) {
  if (lua_type(L, 1) == LUA_TSTRING) return 1;
  if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) return 1;
  lua_pushfstring(L, "the script raised an error that is a %s, not a text", luaL_typename(L, 1));
  return 1;
}

static int fail(int status, char *message, size_t size, const char *format, ...) {
  if (message && size > 0) {
    va_list values;
    va_start(values, format);
    vsnprintf(message, size, format, values);
    va_end(values);
    for (char *at = message; *at; at++) if (*at == '\n' || *at == '\r') *at = ' ';
  }
  return status;
}

static int read_file(const char *path, char **text, size_t *length, char *message, size_t size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    return errno == ENOENT || errno == ENOTDIR
               ? fail(GB_NOT_FOUND, message, size, "no script at '%s'", path)
               : fail(GB_INPUT_OUTPUT, message, size, "the script '%s' cannot be read: %s", path, strerror(errno));
  size_t capacity = 1 << 16, used = 0;
  char *buffer = malloc(capacity);
  while (buffer) {
    used += fread(buffer + used, 1, capacity - used, file);
    if (used < capacity) break;
    char *larger = realloc(buffer, capacity *= 2);
    if (larger == NULL) free(buffer);
    buffer = larger;
  }
  int refused = ferror(file), reason = errno;
  fclose(file);
  if (buffer == NULL) return fail(GB_OUT_OF_MEMORY, message, size, "no memory to read '%s'", path);
  if (refused) {
    free(buffer);
    return fail(GB_INPUT_OUTPUT, message, size, "the script '%s' cannot be read: %s", path, strerror(reason));
  }
  *text = buffer;
  *length = used;
  return GB_OK;
}

static int copy_options(gb_lua_options *to, const gb_lua_options *from, char *message, size_t size) {
  memset(to, 0, sizeof *to);
  if (from == NULL) return GB_OK;
  /* Older callers have a shorter struct; what they lack is zero, its default. */
  if (from->struct_size < sizeof(uint32_t) * 2)
    return fail(GB_INVALID_ARGUMENT, message, size,
                "struct_size of gb_lua_options is %u; set it to sizeof(gb_lua_options)", from->struct_size);
  memcpy(to, from, from->struct_size < sizeof *to ? from->struct_size : sizeof *to);
  if (to->argument_count > 0 && to->arguments == NULL)
    return fail(GB_INVALID_ARGUMENT, message, size, "arguments is NULL while argument_count is %u", to->argument_count);
  for (uint32_t i = 0; i < to->argument_count; i++)
    if (to->arguments[i] == NULL) return fail(GB_INVALID_ARGUMENT, message, size, "arguments[%u] is NULL", i);
  return GB_OK;
}

static int run_text(gbl_host *host, const char *text, size_t length, char *message, size_t size) {
  lua_State *L = lua_newstate(allocate, host);
  if (L == NULL) return fail(GB_OUT_OF_MEMORY, message, size, "no memory for a Lua interpreter");
  script source = { host, text, length };
  lua_pushcfunction(L, message_handler);
  lua_pushcfunction(L, run_protected);
  lua_pushlightuserdata(L, &source);
  int outcome = lua_pcall(L, 1, 0, 1);
  int status = GB_OK;
  if (host->ending == GBL_CANCELLED) {
    status = fail(GB_CANCELLED, message, size, "the script '%s' was cancelled", host->path);
  } else if (outcome == LUA_ERRMEM) {
    status = fail(GB_OUT_OF_MEMORY, message, size, "%s: the script needs more than its %zu MiB of memory", host->path,
                  host->memory_limit >> 20);
  } else if (outcome != LUA_OK && host->ending != GBL_FINISHED) {
    const char *text_of_error = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "the script failed";
    status = fail(GB_CALLBACK_FAILED, message, size, "%s", text_of_error);
  }
  lua_sethook(L, NULL, 0, 0);
  lua_close(L);
  return status;
}

int gbl_run_file(const char *path, const gb_lua_options *options, char *message, size_t size) {
  if (path == NULL) return fail(GB_INVALID_ARGUMENT, message, size, "path is NULL");
  gbl_host host = { 0 };
  int status = copy_options(&host.options, options, message, size);
  if (status != GB_OK) return status;
  host.path = path;
  host.memory_limit = default_memory_limit;
  char *text = NULL;
  size_t length = 0;
  status = read_file(path, &text, &length, message, size);
  if (status != GB_OK) return status;
  char *start = text;
  if (length >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark, as editors of Windows write it */
    start += 3;
    length -= 3;
  }
  if (length > 0 && start[0] == '#') { /* a #! line; blanked, so that the lines keep their numbers */
    for (size_t i = 0; i < length && start[i] != '\n'; i++) start[i] = ' ';
  }
  status = run_text(&host, start, length, message, size);
  free(text);
  return status;
}
