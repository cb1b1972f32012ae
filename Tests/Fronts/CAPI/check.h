/* A test is a line that names what it promises. Strict C99, no library but the one under test. */
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemmabench.h"

static int passed = 0, failed = 0;

static void check_line(int holds, const char *promise, int line) {
  if (holds) {
    passed++;
  } else {
    failed++;
    printf("FAILED line %d: %s (last error: %s)\n", line, promise, gb_last_error());
  }
}

#define CHECK(promise, condition) check_line((condition) != 0, promise, __LINE__)

/* The last error is one line that says something. */
static int error_is_a_line(void) {
  const char *message = gb_last_error();
  return message != NULL && message[0] != '\0' && strchr(message, '\n') == NULL;
}

/* A refusal: this status, with a line that says why. */
#define REFUSES(promise, status, call) CHECK(promise, (call) == (status) && error_is_a_line())

/* The number of a key of a JSON object; NAN where it is null or absent. */
static double number(const char *json, const char *key) {
  char quoted[64];
  const char *found;
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  found = json == NULL ? NULL : strstr(json, quoted);
  if (found == NULL) return NAN;
  found += strlen(quoted);
  return strncmp(found, "null", 4) == 0 ? NAN : strtod(found, NULL);
}

static int finish(void) {
  printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

/* A folder or text from the environment that the Makefile sets. */
static const char *setting(const char *name) {
  const char *value = getenv(name);
  if (value == NULL) {
    printf("%s is not set; run the tests with make test\n", name);
    exit(2);
  }
  return value;
}

#define TASK "{\"type\":\"mmlu\",\"subset\":\"abstract_algebra\",\"shots\":0}"

/* Silences warnings about helpers that one program does not use. */
#define USE_ALL() ((void)error_is_a_line, (void)setting, (void)number)

#endif
