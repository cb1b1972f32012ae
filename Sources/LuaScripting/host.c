/* The host of an embedded script: whether it may go on. A stock Lua has none. */
#include <time.h>

#include "internal.h"

static const char host_key = 0;

gbl_host *gbl_host_of(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &host_key);
  gbl_host *host = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return host;
}

void gbl_host_set(lua_State *L, gbl_host *host) {
  lua_pushlightuserdata(L, host);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &host_key);
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void gbl_host_enter(gbl_host *host) {
  host->depth++;
  host->finish_by = 0;
}

void gbl_host_leave(gbl_host *host) {
  host->depth--;
  host->finish_by = 0;
}

int gbl_host_poll(gbl_host *host) {
  enum { SECONDS_TO_FINISH = 5 };
  if (host->ending == GBL_RUNNING && host->options.progress) {
    double now = seconds_now();
    if (now - host->last_poll >= 0.1) {
      host->last_poll = now;
      gb_progress progress = { 0 };
      progress.struct_size = sizeof progress;
      progress.stage = "script";
      progress.message = host->path;
      int32_t answer = host->options.progress(&progress, host->options.user_data);
      if (answer == GB_FINISH_SAMPLES) host->finishing = 1;
      else if (answer != 0) host->ending = GBL_CANCELLED;
      /* The script may show what is done, and each function that a call enters may end; but nothing long is to begin. */
      if (host->finishing && host->finish_by == 0) host->finish_by = now + SECONDS_TO_FINISH;
      else if (host->finishing && now > host->finish_by) host->ending = GBL_CANCELLED;
    }
  }
  return host->ending != GBL_RUNNING;
}

/* The more memory a script has, the longer a single instruction may take: to compare or to join texts, to walk a table. */
static int interval_of(const gbl_host *host) {
  return host->memory_used < 16 << 20 ? 10000 : host->memory_used < 128 << 20 ? 1000 : 100;
}

static void on_count(lua_State *L, lua_Debug *frame) {
  (void)frame;
  gbl_host *host = gbl_host_of(L);
  host->charge = 0;
  if (gbl_host_poll(host)) gbl_host_end(L, host);
  int interval = interval_of(host);
  if (host->interval != interval) gbl_host_watch(L, host, interval);
}

void gbl_host_watch(lua_State *L, gbl_host *host, int interval) {
  host->watched = L;
  host->interval = interval;
  lua_sethook(L, on_count, LUA_MASKCOUNT, interval);
}

void gbl_host_charge(lua_State *L, size_t amount) {
  enum { DUE = 1 << 16 };
  gbl_host *host = gbl_host_of(L);
  if (host == NULL) return;
  host->charge += amount;
  if (host->charge < DUE) return;
  host->charge = 0;
  if (gbl_host_poll(host)) gbl_host_end(L, host);
}

void gbl_host_allocated(gbl_host *host, size_t size) {
  enum { LARGE = 1 << 16, DUE = 16 << 20 };
  if (size < LARGE || host->watched == NULL) return;
  host->charge += size;
  if (host->charge >= DUE && host->interval != 1) gbl_host_watch(host->watched, host, 1); /* Lua allows it at any time */
}

int gbl_host_end(lua_State *L, gbl_host *host) {
  gbl_host_watch(L, host, 1);
  return luaL_error(L, host->ending == GBL_FINISHED ? "the script has finished" : "the script was cancelled");
}
