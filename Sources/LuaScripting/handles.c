/* Handles: userdata that own the library's objects, freed when collected, closed, or told to. */
#include <string.h>

#include "internal.h"

static const char *const kind_names[GBL_KINDS] = { "model", "task", "run", "plan", "report" };
static const char *const metatable_names[GBL_KINDS] = {
  "gemmabench.model", "gemmabench.task", "gemmabench.run", "gemmabench.plan", "gemmabench.report",
};

static void free_pointer(gbl_handle *handle) {
  void *pointer = handle->pointer;
  handle->pointer = NULL;
  if (pointer == NULL || handle->borrowed) return;
  switch (handle->kind) {
    case GBL_MODEL: gb_model_free(pointer); break;
    case GBL_TASK: gb_task_free(pointer); break;
    case GBL_RUN: gb_run_free(pointer); break;
    case GBL_PLAN: gb_plan_free(pointer); break;
    case GBL_REPORT: gb_report_free(pointer); break;
    default: break;
  }
}

static gbl_handle *any_handle(lua_State *L, int index) {
  for (int kind = 0; kind < GBL_KINDS; kind++) {
    gbl_handle *handle = luaL_testudata(L, index, metatable_names[kind]);
    if (handle) return handle;
  }
  return NULL;
}

/* Whether the report of a borrowed run has been freed. */
static int owner_is_gone(lua_State *L, int index) {
  lua_getiuservalue(L, index, 1);
  gbl_handle *owner = luaL_testudata(L, -1, metatable_names[GBL_REPORT]);
  lua_pop(L, 1);
  return owner == NULL || owner->pointer == NULL;
}

int gbl_handle_free(lua_State *L) {
  gbl_handle *handle = any_handle(L, 1);
  if (handle == NULL) return luaL_error(L, "free: a handle of gemmabench expected, got %s", luaL_typename(L, 1));
  if (handle->busy) {
    lua_pushfstring(L, "the %s is in use and cannot be freed in a callback", kind_names[handle->kind]);
    return gbl_raise(L);
  }
  free_pointer(handle);
  return 0;
}

static int collect(lua_State *L) {
  gbl_handle *handle = any_handle(L, 1);
  if (handle && !handle->busy) free_pointer(handle);
  return 0;
}

static int describe(lua_State *L) {
  gbl_handle *handle = any_handle(L, 1);
  if (handle == NULL) return luaL_error(L, "a handle of gemmabench expected");
  lua_pushfstring(L, "gemmabench %s%s", kind_names[handle->kind], handle->pointer ? "" : " (freed)");
  return 1;
}

void gbl_handles_open(lua_State *L) {
  static const luaL_Reg metamethods[] = { { "__gc", collect }, { "__close", collect }, { "__tostring", describe }, { NULL, NULL } };
  lua_createtable(L, 0, GBL_KINDS);
  for (int kind = 0; kind < GBL_KINDS; kind++) {
    luaL_newmetatable(L, metatable_names[kind]);
    luaL_setfuncs(L, metamethods, 0);
    lua_pushstring(L, metatable_names[kind]);
    lua_setfield(L, -2, "__metatable"); /* scripts see a name and cannot reach __gc */
    lua_setfield(L, -2, kind_names[kind]);
  }
}

gbl_handle *gbl_handle_new(lua_State *L, gbl_kind kind) {
  gbl_handle *handle = lua_newuserdatauv(L, sizeof *handle, 1);
  memset(handle, 0, sizeof *handle);
  handle->kind = kind;
  luaL_setmetatable(L, metatable_names[kind]);
  return handle;
}

gbl_handle *gbl_handle_check(lua_State *L, int index, gbl_kind kind) {
  gbl_handle *handle = luaL_testudata(L, index, metatable_names[kind]);
  if (handle == NULL) {
    lua_pushfstring(L, "a %s expected, got %s; call methods with a colon", kind_names[kind], luaL_typename(L, index));
    gbl_raise(L);
  } else if (handle->pointer == NULL || (handle->borrowed && owner_is_gone(L, index))) {
    lua_pushfstring(L, "this %s was freed", kind_names[kind]);
    gbl_raise(L);
  }
  return handle;
}
