/* Matches Lua's patterns (the reference manual's section 6.4.1) by backtracking, and counts what it does.
 *
 * The standard library's matcher cannot be interrupted, and what it does may grow with a power of the text's length. */
#include "lua_patterns.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 200, POLL_INTERVAL = 1 << 14 };

/* About a second; and for each byte of a text, what a search without backtracking might take. */
static const size_t step_limit = 100u * 1000 * 1000, steps_per_byte = 64;

static const char *match(gbl_matcher *m, const char *s, const char *p);

static const char *fail(gbl_matcher *m, const char *error) {
  if (m->error == NULL) m->error = error;
  return NULL;
}

/* Counts steps; zero if the match must end. */
static int spend(gbl_matcher *m, size_t steps) {
  size_t before = m->steps / POLL_INTERVAL;
  m->steps += steps;
  if (m->steps / POLL_INTERVAL == before) return m->error == NULL;
  if (m->steps > step_limit + steps_per_byte * (size_t)(m->text_end - m->text))
    fail(m, "the match takes too many steps; use a simpler pattern or a shorter text");
  if (m->error == NULL && m->poll && m->poll(m->user_data)) {
    m->ended = 1;
    fail(m, "ended");
  }
  return m->error == NULL;
}

void gbl_matcher_begin(gbl_matcher *m, const char *text, size_t text_length, const char *pattern, size_t pattern_length) {
  memset(m, 0, sizeof *m);
  m->text = text;
  m->text_end = text + text_length;
  m->pattern_end = pattern + pattern_length;
}

/* ---- Single characters ---- */

/* The first byte behind the item (a character, a class, a set) at p; NULL if it is malformed. */
static const char *item_end(gbl_matcher *m, const char *p) {
  char first = *p++;
  if (first == '%') {
    if (p == m->pattern_end) return fail(m, "malformed pattern (ends with '%')");
    return p + 1;
  }
  if (first != '[') return p;
  const char *start = p;
  if (p < m->pattern_end && *p == '^') p++;
  do { /* a ']' that comes first stands for itself */
    if (p == m->pattern_end) return fail(m, "malformed pattern (missing ']')");
    if (*p++ == '%') {
      if (p == m->pattern_end) return fail(m, "malformed pattern (missing ']')");
      p++;
    }
  } while (p == m->pattern_end || *p != ']');
  return spend(m, (size_t)(p - start)) ? p + 1 : NULL;
}

static int is_in_class(int c, int class) {
  int found;
  switch (tolower(class)) {
    case 'a': found = isalpha(c); break;
    case 'c': found = iscntrl(c); break;
    case 'd': found = isdigit(c); break;
    case 'g': found = isgraph(c); break;
    case 'l': found = islower(c); break;
    case 'p': found = ispunct(c); break;
    case 's': found = isspace(c); break;
    case 'u': found = isupper(c); break;
    case 'w': found = isalnum(c); break;
    case 'x': found = isxdigit(c); break;
    case 'z': found = c == 0; break; /* not in the manual any more, and there still */
    default: return class == c;
  }
  return isupper(class) ? !found : found != 0;
}

/* Whether the set from '[' at p to ']' at `last` holds a character. */
static int is_in_set(gbl_matcher *m, int c, const char *p, const char *last) {
  int wanted = 1;
  spend(m, (size_t)(last - p) / 8);
  if (p[1] == '^') {
    wanted = 0;
    p++;
  }
  while (++p < last) {
    if (*p == '%') {
      p++;
      if (is_in_class(c, (unsigned char)*p)) return wanted;
    } else if (p[1] == '-' && p + 2 < last) {
      p += 2;
      if ((unsigned char)p[-2] <= c && c <= (unsigned char)*p) return wanted;
    } else if ((unsigned char)*p == c) {
      return wanted;
    }
  }
  return !wanted;
}

static int is_single_match(gbl_matcher *m, const char *s, const char *p, const char *end) {
  if (s >= m->text_end) return 0;
  int c = (unsigned char)*s;
  switch (*p) {
    case '.': return 1;
    case '%': return is_in_class(c, (unsigned char)p[1]);
    case '[': return is_in_set(m, c, p, end - 1);
    default: return (unsigned char)*p == c;
  }
}

/* ---- Items of several characters ---- */

static const char *match_balance(gbl_matcher *m, const char *s, const char *p) {
  if (p + 1 >= m->pattern_end) return fail(m, "malformed pattern (missing arguments to '%b')");
  if (s >= m->text_end || *s != *p) return NULL;
  const char *start = s;
  int open = 1;
  while (++s < m->text_end) {
    if (*s == p[1]) {
      if (--open == 0) return spend(m, (size_t)(s - start)) ? s + 1 : NULL;
    } else if (*s == p[0]) {
      open++;
    }
  }
  spend(m, (size_t)(s - start));
  return NULL;
}

static const char *match_most(gbl_matcher *m, const char *s, const char *p, const char *end) {
  ptrdiff_t count = 0;
  while (is_single_match(m, s + count, p, end)) {
    count++;
    if (!spend(m, 1)) return NULL;
  }
  for (; count >= 0; count--) {
    const char *found = match(m, s + count, end + 1);
    if (found || m->error) return found;
  }
  return NULL;
}

static const char *match_least(gbl_matcher *m, const char *s, const char *p, const char *end) {
  for (;;) {
    const char *found = match(m, s, end + 1);
    if (found || m->error) return found;
    if (!is_single_match(m, s, p, end)) return NULL;
    s++;
  }
}

static const char *open_capture(gbl_matcher *m, const char *s, const char *p, ptrdiff_t kind) {
  if (m->level >= GBL_MAX_CAPTURES) return fail(m, "too many captures");
  m->capture[m->level].start = s;
  m->capture[m->level].length = kind;
  m->level++;
  const char *found = match(m, s, p);
  if (found == NULL) m->level--;
  return found;
}

static const char *close_capture(gbl_matcher *m, const char *s, const char *p) {
  int index = m->level - 1;
  while (index >= 0 && m->capture[index].length != GBL_CAPTURE_OPEN) index--;
  if (index < 0) return fail(m, "invalid pattern capture");
  m->capture[index].length = s - m->capture[index].start;
  const char *found = match(m, s, p);
  if (found == NULL) m->capture[index].length = GBL_CAPTURE_OPEN;
  return found;
}

/* The end of the text that capture number `digit` has, if it stands at s again. */
static const char *match_capture(gbl_matcher *m, const char *s, int digit) {
  int index = digit - '1';
  if (index < 0 || index >= m->level || m->capture[index].length == GBL_CAPTURE_OPEN) {
    snprintf(m->message, sizeof m->message, "invalid capture index %%%d", index + 1);
    return fail(m, m->message);
  }
  /* A position has no length: as in the standard library, the text never has that much left. */
  size_t length = (size_t)m->capture[index].length;
  if ((size_t)(m->text_end - s) < length || !spend(m, length / 8)) return NULL;
  return memcmp(m->capture[index].start, s, length) == 0 ? s + length : NULL;
}

/* Whether %f[set] holds here; *next is what comes behind it. */
static int is_frontier(gbl_matcher *m, const char *s, const char *p, const char **next) {
  if (p >= m->pattern_end || *p != '[') {
    fail(m, "missing '[' after '%f' in pattern");
    return 0;
  }
  const char *end = item_end(m, p);
  if (end == NULL) return 0;
  *next = end;
  int before = s == m->text ? '\0' : (unsigned char)s[-1];
  int here = s == m->text_end ? '\0' : (unsigned char)*s;
  return !is_in_set(m, before, p, end - 1) && is_in_set(m, here, p, end - 1);
}

/* ---- The whole ---- */

static const char *match_items(gbl_matcher *m, const char *s, const char *p) {
  while (p != m->pattern_end) {
    if (!spend(m, 1)) return NULL;
    if (*p == '(') return p + 1 < m->pattern_end && p[1] == ')' ? open_capture(m, s, p + 2, GBL_CAPTURE_POSITION)
                                                                  : open_capture(m, s, p + 1, GBL_CAPTURE_OPEN);
    if (*p == ')') return close_capture(m, s, p + 1);
    if (*p == '$' && p + 1 == m->pattern_end) return s == m->text_end ? s : NULL;
    if (*p == '%' && p + 1 < m->pattern_end) {
      if (p[1] == 'b') {
        s = match_balance(m, s, p + 2);
        if (s == NULL) return NULL;
        p += 4;
        continue;
      }
      if (p[1] == 'f') {
        const char *next = p;
        if (!is_frontier(m, s, p + 2, &next)) return NULL;
        p = next;
        continue;
      }
      if (isdigit((unsigned char)p[1])) {
        s = match_capture(m, s, (unsigned char)p[1]);
        if (s == NULL) return NULL;
        p += 2;
        continue;
      }
    }
    const char *end = item_end(m, p);
    if (end == NULL) return NULL;
    char mark = end < m->pattern_end ? *end : '\0';
    int is_match = is_single_match(m, s, p, end);
    if (!is_match && mark && strchr("*?-", mark)) { /* nothing of it */
      p = end + 1;
      continue;
    }
    switch (mark) {
      case '?': {
        const char *found = match(m, s + 1, end + 1);
        if (found || m->error) return found;
        p = end + 1;
        continue;
      }
      case '+': return is_match ? match_most(m, s + 1, p, end) : NULL;
      case '*': return match_most(m, s, p, end);
      case '-': return match_least(m, s, p, end);
      default:
        if (!is_match) return NULL;
        s++;
        p = end;
    }
  }
  return s;
}

static const char *match(gbl_matcher *m, const char *s, const char *p) {
  if (m->error) return NULL;
  if (m->depth >= MAX_DEPTH) return fail(m, "pattern too complex");
  m->depth++;
  const char *found = match_items(m, s, p);
  m->depth--;
  return m->error ? NULL : found;
}

const char *gbl_match(gbl_matcher *m, const char *at, const char *pattern) {
  m->level = 0;
  m->depth = 0;
  return match(m, at, pattern);
}
