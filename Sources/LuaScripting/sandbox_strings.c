/* The functions of `string`, `utf8` and `os` as a script has them: none runs for long without a look at the host.
 *
 * What searches and repeats is made anew; the rest is the standard library's, with the length of its texts counted. */
#define _GNU_SOURCE /* memmem */
#include <string.h>

#include "internal.h"
#include "lua_patterns.h"

static int poll_host(void *user_data) { return gbl_host_poll(user_data); }

/* A text and a pattern, on the stack for as long as the matcher is used. */
typedef struct search {
  gbl_matcher matcher;
  lua_State *state;
  const char *pattern;
} search;

static void search_begin(search *s, lua_State *L, int text, int pattern) {
  size_t text_length, pattern_length;
  const char *t = luaL_checklstring(L, text, &text_length), *p = luaL_checklstring(L, pattern, &pattern_length);
  gbl_matcher_begin(&s->matcher, t, text_length, p, pattern_length);
  s->matcher.user_data = gbl_host_of(L);
  if (s->matcher.user_data) s->matcher.poll = poll_host;
  s->state = L;
  s->pattern = p;
}

/* The match's end, or NULL; raises what is wrong with the pattern. */
static const char *search_at(search *s, const char *at, const char *pattern) {
  const char *end = gbl_match(&s->matcher, at, pattern);
  if (end == NULL && s->matcher.error) {
    if (s->matcher.ended) gbl_host_end(s->state, s->matcher.user_data);
    luaL_error(s->state, "%s", s->matcher.error);
  }
  return end;
}

/* Pushes capture `index`; the whole match is capture 0 where there is none. */
static void push_capture(search *s, int index, const char *start, const char *end) {
  gbl_matcher *m = &s->matcher;
  if (index >= m->level) {
    if (index != 0) luaL_error(s->state, "invalid capture index %%%d", index + 1);
    lua_pushlstring(s->state, start, (size_t)(end - start));
  } else if (m->capture[index].length == GBL_CAPTURE_POSITION) {
    lua_pushinteger(s->state, m->capture[index].start - m->text + 1);
  } else if (m->capture[index].length == GBL_CAPTURE_OPEN) {
    luaL_error(s->state, "unfinished capture");
  } else {
    lua_pushlstring(s->state, m->capture[index].start, (size_t)m->capture[index].length);
  }
}

/* Pushes all captures; the whole match if there are none and `start` is not NULL. Returns how many. */
static int push_captures(search *s, const char *start, const char *end) {
  int count = s->matcher.level == 0 && start ? 1 : s->matcher.level;
  luaL_checkstack(s->state, count, "too many captures");
  for (int i = 0; i < count; i++) push_capture(s, i, start, end);
  return count;
}

/* Where a search begins, counted from 0: positions count from 1, and from the end if negative. */
static size_t start_position(lua_Integer position, size_t length) {
  if (position > 0) return (size_t)position - 1;
  if (position == 0 || position < -(lua_Integer)length) return 0;
  return length + (size_t)position;
}

static int find_or_match(lua_State *L, int is_find) {
  search s;
  search_begin(&s, L, 1, 2);
  gbl_matcher *m = &s.matcher;
  size_t length = (size_t)(m->text_end - m->text), start = start_position(luaL_optinteger(L, 3, 1), length);
  size_t pattern_length = (size_t)(m->pattern_end - s.pattern);
  if (start > length) {
    luaL_pushfail(L);
    return 1;
  }
  int is_plain = is_find && lua_toboolean(L, 4);
  if (is_find && !is_plain) {
    is_plain = 1;
    for (const char *p = s.pattern; p < m->pattern_end; p++) if (*p && strchr("^$*+?.([%-", *p)) is_plain = 0;
  }
  if (is_plain) {
    const char *found = memmem(m->text + start, length - start, s.pattern, pattern_length);
    if (found == NULL) {
      luaL_pushfail(L);
      return 1;
    }
    lua_pushinteger(L, found - m->text + 1);
    lua_pushinteger(L, found - m->text + (lua_Integer)pattern_length);
    return 2;
  }
  int is_anchored = pattern_length > 0 && *s.pattern == '^';
  const char *at = m->text + start;
  do {
    const char *end = search_at(&s, at, s.pattern + is_anchored);
    if (end && !is_find) return push_captures(&s, at, end);
    if (end) {
      lua_pushinteger(L, at - m->text + 1);
      lua_pushinteger(L, end - m->text);
      return push_captures(&s, NULL, NULL) + 2;
    }
  } while (at++ < m->text_end && !is_anchored);
  luaL_pushfail(L);
  return 1;
}

static int string_find(lua_State *L) { return find_or_match(L, 1); }
static int string_match(lua_State *L) { return find_or_match(L, 0); }

/* Upvalues: the text, the pattern, the next position, the end of the match before (-1: none). */
static int gmatch_next(lua_State *L) {
  search s;
  search_begin(&s, L, lua_upvalueindex(1), lua_upvalueindex(2));
  gbl_matcher *m = &s.matcher;
  const char *at = m->text + lua_tointeger(L, lua_upvalueindex(3));
  lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
  for (; at <= m->text_end; at++) {
    const char *end = search_at(&s, at, s.pattern);
    if (end == NULL || end - m->text == last) continue;
    lua_pushinteger(L, end - m->text);
    lua_copy(L, -1, lua_upvalueindex(3));
    lua_replace(L, lua_upvalueindex(4));
    return push_captures(&s, at, end);
  }
  lua_pushinteger(L, m->text_end - m->text + 1);
  lua_replace(L, lua_upvalueindex(3));
  return 0;
}

static int string_gmatch(lua_State *L) {
  size_t length;
  luaL_checklstring(L, 1, &length);
  luaL_checkstring(L, 2);
  size_t start = start_position(luaL_optinteger(L, 3, 1), length);
  lua_settop(L, 2);
  lua_pushinteger(L, (lua_Integer)(start > length ? length + 1 : start));
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, gmatch_next, 4);
  return 1;
}

/* Adds the replacement text at index 3 with its %0 to %9 filled in. */
static void add_template(search *s, luaL_Buffer *out, const char *start, const char *end) {
  lua_State *L = s->state;
  size_t length;
  const char *text = lua_tolstring(L, 3, &length);
  for (size_t i = 0; i < length; i++) {
    if (text[i] != '%') {
      luaL_addchar(out, text[i]);
      continue;
    }
    i++;
    if (i < length && text[i] == '%') {
      luaL_addchar(out, '%');
    } else if (i < length && text[i] == '0') {
      luaL_addlstring(out, start, (size_t)(end - start));
    } else if (i < length && text[i] > '0' && text[i] <= '9') {
      push_capture(s, text[i] - '1', start, end);
      luaL_tolstring(L, -1, NULL); /* of a position, its digits */
      lua_remove(L, -2);
      luaL_addvalue(out);
    } else {
      luaL_error(L, "invalid use of '%%' in replacement string");
    }
  }
}

/* Adds what stands for a match: zero if the match stays as it was. */
static int add_replacement(search *s, luaL_Buffer *out, const char *start, const char *end) {
  lua_State *L = s->state;
  switch (lua_type(L, 3)) {
    case LUA_TFUNCTION:
      lua_pushvalue(L, 3);
      lua_call(L, push_captures(s, start, end), 1);
      break;
    case LUA_TTABLE:
      push_capture(s, 0, start, end);
      lua_gettable(L, 3);
      break;
    default: add_template(s, out, start, end); return 1;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(out, start, (size_t)(end - start));
    return 0;
  }
  if (!lua_isstring(L, -1)) luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(out);
  return 1;
}

static int string_gsub(lua_State *L) {
  search s;
  search_begin(&s, L, 1, 2);
  gbl_matcher *m = &s.matcher;
  int type = lua_type(L, 3);
  luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                   "string/function/table");
  lua_Integer most = luaL_optinteger(L, 4, m->text_end - m->text + 1), count = 0;
  int is_anchored = m->pattern_end > s.pattern && *s.pattern == '^', is_changed = 0;
  const char *at = m->text, *last = NULL;
  if (type == LUA_TNUMBER) lua_tostring(L, 3);
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  while (count < most) {
    const char *end = search_at(&s, at, s.pattern + is_anchored);
    if (end && end != last) {
      count++;
      is_changed |= add_replacement(&s, &out, at, end);
      at = last = end;
    } else if (at < m->text_end) {
      luaL_addchar(&out, *at++);
    } else {
      break;
    }
    if (is_anchored) break;
  }
  if (is_changed) {
    luaL_addlstring(&out, at, (size_t)(m->text_end - at));
    luaL_pushresult(&out);
  } else {
    lua_pushvalue(L, 1);
  }
  lua_pushinteger(L, count);
  return 2;
}

/* By doubling: a long text of short pieces is not made piece by piece, and one of empty pieces takes no time. */
static int string_rep(lua_State *L) {
  size_t length, gap;
  const char *text = luaL_checklstring(L, 1, &length), *separator = luaL_optlstring(L, 3, "", &gap);
  lua_Integer count = luaL_checkinteger(L, 2);
  size_t piece = length + gap, largest = (size_t)1 << 62;
  if (count <= 0 || piece == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  if (piece < length || piece > largest / (size_t)count) return luaL_error(L, "resulting string too large");
  size_t total = piece * (size_t)count - gap;
  luaL_Buffer out;
  char *to = luaL_buffinitsize(L, &out, total);
  memcpy(to, text, length);
  if (count > 1) memcpy(to + length, separator, gap);
  for (size_t have = piece; have < total;) {
    size_t more = have < total - have ? have : total - have;
    memcpy(to + have, to, more);
    have += more;
  }
  luaL_pushresultsize(&out, total);
  return 1;
}

/* The original, after the length of its texts has been counted; a format of theirs may not be long. */
static int counted(lua_State *L) {
  size_t length = 0, total = 0, longest_format = 1 << 16;
  for (int i = 1; i <= lua_gettop(L); i++) {
    if (lua_type(L, i) != LUA_TSTRING) continue;
    lua_tolstring(L, i, &length);
    total += length;
    if (i == 1 && lua_toboolean(L, lua_upvalueindex(2)) && length > longest_format)
      return luaL_error(L, "the format is longer than %d bytes", (int)longest_format);
  }
  gbl_host_charge(L, total);
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* Counts the calls of each function of the table on top of the stack. */
static void count_functions(lua_State *L) {
  static const char *const formats[] = { "format", "pack", "packsize", "unpack", "date", NULL };
  lua_newtable(L); /* apart, since a table may not change while it is walked through */
  for (lua_pushnil(L); lua_next(L, -3); lua_pop(L, 1)) {
    if (!lua_iscfunction(L, -1)) continue;
    int is_format = 0;
    for (const char *const *name = formats; *name; name++) is_format |= strcmp(lua_tostring(L, -2), *name) == 0;
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_pushboolean(L, is_format);
    lua_pushcclosure(L, counted, 2);
    lua_rawset(L, -5);
  }
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, -6);
  }
  lua_pop(L, 1);
}

void gbl_limit_strings(lua_State *L) {
  static const luaL_Reg functions[] = {
    { "find", string_find }, { "match", string_match }, { "gmatch", string_gmatch },
    { "gsub", string_gsub }, { "rep", string_rep },     { NULL, NULL },
  };
  lua_getglobal(L, LUA_STRLIBNAME);
  lua_pushnil(L); /* its byte code could crash the process */
  lua_setfield(L, -2, "dump");
  count_functions(L);
  luaL_setfuncs(L, functions, 0);
  lua_getglobal(L, LUA_UTF8LIBNAME);
  count_functions(L);
  lua_getglobal(L, LUA_OSLIBNAME);
  count_functions(L);
  lua_pop(L, 3);
}
