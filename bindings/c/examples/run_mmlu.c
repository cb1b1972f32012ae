/* Runs a subject of MMLU on a model and prints its statistics: the accuracy with its interval, as JSON.
 *
 *   gcc run_mmlu.c -o run_mmlu $(pkg-config --cflags --libs gemmabench)
 *   GEMMABENCH_DATA=/path/of/data ./run_mmlu MODEL_FOLDER SUBJECT [SAMPLES]
 */
#include <stdio.h>
#include <stdlib.h>

#include <gemmabench.h>

static int32_t show_progress(const gb_progress *progress, void *user_data) {
  fputs(gb_progress_line_show(user_data, progress), stderr); /* one line, as wide as the terminal */
  return 0; /* anything else would cancel */
}

static int fail(const char *what, gb_status status) {
  fprintf(stderr, "%s: %s: %s\n", what, gb_status_name(status), gb_last_error());
  return 1;
}

int main(int count, char **arguments) {
  gb_model *model = NULL;
  gb_task *task = NULL;
  gb_run *run = NULL;
  gb_progress_line *line = NULL;
  gb_run_options options = GB_RUN_OPTIONS_INIT;
  char *stats = NULL;
  gb_status status;
  char specification[256];
  int result = 1;

  if (count < 3) {
    fprintf(stderr, "usage: %s MODEL_FOLDER SUBJECT [SAMPLES]\n", arguments[0]);
    return 2;
  }
  if (count > 3) options.limit = strtoull(arguments[3], NULL, 10);
  if (gb_progress_line_open(&line, 2, 0) == GB_OK) options.progress = show_progress;
  options.user_data = line;
  snprintf(specification, sizeof specification, "{\"type\": \"mmlu\", \"subset\": \"%.100s\", \"shots\": 5}", arguments[2]);

  if ((status = gb_load_model(&model, arguments[1], NULL)) != GB_OK) {
    fail("load model", status);
  } else if ((status = gb_load_task(&task, specification)) != GB_OK) {
    fail("load task", status);
  } else if ((status = gb_run_task(&run, model, task, &options)) != GB_OK) {
    fail("run", status);
  } else if ((status = gb_stats(&stats, run, "{\"confidence_level\": 0.95}")) != GB_OK) {
    fail("statistics", status);
  } else {
    if (line) fputs(gb_progress_line_end(line), stderr);
    puts(stats);
    result = 0;
  }
  /* Every free accepts NULL, and the order does not matter. */
  gb_progress_line_free(line);
  gb_model_free(model);
  gb_task_free(task);
  gb_run_free(run);
  gb_string_free(stats);
  return result;
}
