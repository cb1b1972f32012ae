/* JSON to Lua values and back. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

enum { GBL_JSON_DEPTH = 100 };

typedef struct reader {
  lua_State *state;
  const char *start;
  const char *at;
} reader;

static void read_value(reader *in, int depth);

static void malformed(reader *in) {
  luaL_error(in->state, "malformed JSON at byte %d", (int)(in->at - in->start));
}

static void skip_space(reader *in) {
  while (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r') in->at++;
}

static void expect(reader *in, const char *word) {
  size_t length = strlen(word);
  if (strncmp(in->at, word, length) != 0) malformed(in);
  in->at += length;
}

static unsigned read_hex(reader *in) {
  unsigned code = 0;
  for (int i = 0; i < 4; i++) {
    char c = *in->at;
    unsigned digit = 0;
    if (c >= '0' && c <= '9') digit = (unsigned)(c - '0');
    else if (c >= 'a' && c <= 'f') digit = (unsigned)(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F') digit = (unsigned)(c - 'A') + 10;
    else malformed(in);
    code = code * 16 + digit;
    in->at++;
  }
  return code;
}

static void add_utf8(luaL_Buffer *out, unsigned code) {
  if (code < 0x80) {
    luaL_addchar(out, (char)code);
  } else if (code < 0x800) {
    luaL_addchar(out, (char)(0xC0 | code >> 6));
    luaL_addchar(out, (char)(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    luaL_addchar(out, (char)(0xE0 | code >> 12));
    luaL_addchar(out, (char)(0x80 | (code >> 6 & 0x3F)));
    luaL_addchar(out, (char)(0x80 | (code & 0x3F)));
  } else {
    luaL_addchar(out, (char)(0xF0 | code >> 18));
    luaL_addchar(out, (char)(0x80 | (code >> 12 & 0x3F)));
    luaL_addchar(out, (char)(0x80 | (code >> 6 & 0x3F)));
    luaL_addchar(out, (char)(0x80 | (code & 0x3F)));
  }
}

static void read_escape(reader *in, luaL_Buffer *out) {
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  char c = *in->at;
  if (c == 'u') {
    in->at++;
    unsigned code = read_hex(in);
    if (code >= 0xD800 && code < 0xDC00 && in->at[0] == '\\' && in->at[1] == 'u') {
      in->at += 2;
      unsigned low = read_hex(in);
      code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
    } else if (code >= 0xD800 && code < 0xE000) {
      code = 0xFFFD;
    }
    add_utf8(out, code);
    return;
  }
  const char *name = c ? strchr(names, c) : NULL;
  if (!name) malformed(in);
  luaL_addchar(out, values[name - names]);
  in->at++;
}

static void read_string(reader *in) {
  expect(in, "\"");
  luaL_Buffer out;
  luaL_buffinit(in->state, &out);
  while (*in->at != '"') {
    if (*in->at == '\0') malformed(in);
    if (*in->at == '\\') {
      in->at++;
      read_escape(in, &out);
    } else {
      luaL_addchar(&out, *in->at++);
    }
  }
  in->at++;
  luaL_pushresult(&out);
}

static void read_object(reader *in, int depth) {
  lua_State *L = in->state;
  expect(in, "{");
  lua_newtable(L);
  skip_space(in);
  if (*in->at == '}') { in->at++; return; }
  for (;;) {
    skip_space(in);
    read_string(in);
    skip_space(in);
    expect(in, ":");
    read_value(in, depth);
    if (lua_islightuserdata(L, -1)) { lua_pop(L, 1); lua_pushnil(L); }
    lua_rawset(L, -3);
    skip_space(in);
    if (*in->at == ',') { in->at++; continue; }
    expect(in, "}");
    return;
  }
}

static void read_array(reader *in, int depth) {
  lua_State *L = in->state;
  expect(in, "[");
  lua_newtable(L);
  skip_space(in);
  if (*in->at == ']') { in->at++; return; }
  for (lua_Integer i = 1;; i++) {
    read_value(in, depth);
    lua_rawseti(L, -2, i);
    skip_space(in);
    if (*in->at == ',') { in->at++; continue; }
    expect(in, "]");
    return;
  }
}

static void read_number(reader *in) {
  size_t length = strspn(in->at, "+-0123456789.eE");
  char digits[64];
  if (length == 0 || length >= sizeof digits) malformed(in);
  memcpy(digits, in->at, length);
  digits[length] = '\0';
  /* Lua's own conversion: integers stay integers, and the decimal point does not follow the locale. */
  if (lua_stringtonumber(in->state, digits) == 0) malformed(in);
  in->at += length;
}

static void read_value(reader *in, int depth) {
  lua_State *L = in->state;
  if (depth >= GBL_JSON_DEPTH) luaL_error(L, "JSON is nested more than %d deep", GBL_JSON_DEPTH);
  luaL_checkstack(L, 8, "JSON");
  skip_space(in);
  switch (*in->at) {
    case '{': read_object(in, depth + 1); break;
    case '[': read_array(in, depth + 1); break;
    case '"': read_string(in); break;
    case 't': expect(in, "true"); lua_pushboolean(L, 1); break;
    case 'f': expect(in, "false"); lua_pushboolean(L, 0); break;
    case 'n': expect(in, "null"); lua_pushlightuserdata(L, NULL); break;
    default: read_number(in);
  }
}

void gbl_json_decode(lua_State *L, const char *text) {
  reader in = { L, text, text };
  read_value(&in, 0);
  skip_space(&in);
  if (*in.at != '\0') malformed(&in);
}

/* Pieces are pushed on the stack's table of parts, since a luaL_Buffer may not stay open across a recursion. */
typedef struct writer {
  lua_State *state;
  int parts; /* stack index of the table of parts */
  lua_Integer count;
} writer;

/* Moves the string on top of the stack to the parts. */
static void put(writer *out) {
  gbl_host_charge(out->state, 1); /* tables that share parts make a text of any length */
  lua_rawseti(out->state, out->parts, ++out->count);
}

static void put_literal(writer *out, const char *text) {
  lua_pushstring(out->state, text);
  put(out);
}

static void write_string(writer *out, int index) {
  lua_State *L = out->state;
  size_t length;
  const char *text = lua_tolstring(L, index, &length);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  luaL_addchar(&buffer, '"');
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\') {
      luaL_addchar(&buffer, '\\');
      luaL_addchar(&buffer, (char)c);
    } else if (c < 0x20) {
      char escape[8];
      snprintf(escape, sizeof escape, "\\u%04x", c);
      luaL_addstring(&buffer, escape);
    } else {
      luaL_addchar(&buffer, (char)c);
    }
  }
  luaL_addchar(&buffer, '"');
  luaL_pushresult(&buffer);
  put(out);
}

static void write_number(writer *out, int index) {
  lua_State *L = out->state;
  char digits[40];
  lua_Number number = lua_tonumber(L, index);
  if (lua_isinteger(L, index)) {
    snprintf(digits, sizeof digits, "%lld", (long long)lua_tointeger(L, index));
  } else if (isnan(number) || isinf(number)) {
    luaL_error(L, "%f cannot be written as JSON", number);
  } else if (number == floor(number) && fabs(number) < 9007199254740992.0) {
    snprintf(digits, sizeof digits, "%lld", (long long)number);
  } else {
    snprintf(digits, sizeof digits, "%.17g", number);
    char *comma = strchr(digits, ','); /* the point of some locales */
    if (comma) *comma = '.';
  }
  put_literal(out, digits);
}

static void write_value(writer *out, int index, int depth);

static void write_table(writer *out, int index, int depth) {
  lua_State *L = out->state;
  lua_Integer length = (lua_Integer)lua_rawlen(L, index), entries = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    entries++;
    if (length > 0 && !lua_isinteger(L, -2))
      luaL_error(L, "a table with both a list part and the key '%s' cannot be written as JSON", luaL_tolstring(L, -2, NULL));
    if (length == 0 && lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "the key '%s' cannot be written as JSON; keys must be text", luaL_tolstring(L, -2, NULL));
  }
  if (length > 0 && entries != length) luaL_error(L, "a list with holes cannot be written as JSON");
  if (length > 0 || entries == 0) {
    put_literal(out, "[");
    for (lua_Integer i = 1; i <= length; i++) {
      if (i > 1) put_literal(out, ",");
      lua_rawgeti(L, index, i);
      write_value(out, lua_gettop(L), depth + 1);
      lua_pop(L, 1);
    }
    put_literal(out, "]");
    return;
  }
  put_literal(out, "{");
  int first = 1;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (!first) put_literal(out, ",");
    first = 0;
    write_string(out, lua_gettop(L) - 1);
    put_literal(out, ":");
    write_value(out, lua_gettop(L), depth + 1);
  }
  put_literal(out, "}");
}

static void write_value(writer *out, int index, int depth) {
  lua_State *L = out->state;
  if (depth >= GBL_JSON_DEPTH) luaL_error(L, "a table nested more than %d deep cannot be written as JSON", GBL_JSON_DEPTH);
  luaL_checkstack(L, 8, "JSON");
  switch (lua_type(L, index)) {
    case LUA_TNIL: put_literal(out, "null"); break;
    case LUA_TBOOLEAN: put_literal(out, lua_toboolean(L, index) ? "true" : "false"); break;
    case LUA_TNUMBER: write_number(out, index); break;
    case LUA_TSTRING: write_string(out, index); break;
    case LUA_TTABLE: write_table(out, index, depth); break;
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(L, index) == NULL) { put_literal(out, "null"); break; }
      /* fall through */
    default: luaL_error(L, "a %s cannot be written as JSON", luaL_typename(L, index));
  }
}

void gbl_json_encode(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_newtable(L);
  writer out = { L, lua_gettop(L), 0 };
  write_value(&out, index, 0);
  luaL_Buffer text;
  int parts = out.parts;
  luaL_buffinit(L, &text);
  for (lua_Integer i = 1; i <= out.count; i++) {
    lua_rawgeti(L, parts, i);
    luaL_addvalue(&text);
  }
  luaL_pushresult(&text);
  lua_remove(L, parts);
}
