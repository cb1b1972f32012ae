/* Lua's patterns, matched under a budget of steps. A matcher knows no interpreter: whoever asks gives the budget. */
#ifndef GBL_LUA_PATTERNS_H
#define GBL_LUA_PATTERNS_H

#include <stddef.h>

enum { GBL_MAX_CAPTURES = 32 };
enum { GBL_CAPTURE_OPEN = -1, GBL_CAPTURE_POSITION = -2 };

typedef struct gbl_matcher {
  const char *text, *text_end;
  const char *pattern_end;
  int level; /* captures that there are, finished or not */
  struct {
    const char *start;
    ptrdiff_t length; /* or GBL_CAPTURE_OPEN, GBL_CAPTURE_POSITION */
  } capture[GBL_MAX_CAPTURES];
  int depth;
  size_t steps; /* taken since the matcher was made */
  /* Called every so many steps; non-zero ends the match. */
  int (*poll)(void *user_data);
  void *user_data;
  const char *error; /* what is wrong with the pattern, or why the match was ended; NULL if nothing */
  char message[96];
  int ended; /* poll said so */
} gbl_matcher;

void gbl_matcher_begin(gbl_matcher *matcher, const char *text, size_t text_length, const char *pattern, size_t pattern_length);

/* The end of the pattern's match at this place of the text; NULL if there is none, or if `error` says why. */
const char *gbl_match(gbl_matcher *matcher, const char *at, const char *pattern);

#endif
