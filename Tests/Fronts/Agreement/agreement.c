/* Prints what a run measured, in the form that every front of Tests/Fronts/Agreement prints. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gemmabench.h>

static int give_up(void) {
  fprintf(stderr, "%s\n", gb_last_error());
  return 1;
}

/* The number of a key of a JSON object. */
static double number(const char *json, const char *key) {
  const char *found = strstr(json, key);
  return found == NULL ? -1 : strtod(found + strlen(key), NULL);
}

int main(int count, char **arguments) {
  gb_model *model = NULL;
  gb_task *task = NULL;
  gb_run *run = NULL;
  char *stats = NULL;
  const char *values;
  uint64_t index;

  if (count != 2) return 2;
  if (gb_load_model(&model, arguments[1], NULL) != GB_OK) return give_up();
  if (gb_load_task(&task, "{\"type\": \"mmlu\", \"subset\": \"mathematics\", \"shots\": 2}") != GB_OK) return give_up();
  if (gb_run_task(&run, model, task, NULL) != GB_OK) return give_up();
  if (gb_stats(&stats, run, NULL) != GB_OK) return give_up();
  printf("%.17g %.17g %.17g %.17g %.0f\n", number(stats, "\"mean\":"), number(stats, "\"standard_error\":"),
         number(stats, "\"lower\":"), number(stats, "\"upper\":"), number(stats, "\"count\":"));
  gb_string_free(stats);
  for (index = 0; index < gb_run_count(run); index++) {
    values = strstr(gb_run_sample(run, index), "\"log_likelihoods\":[");
    if (values == NULL) return 1;
    printf("%.17g\n", strtod(values + strlen("\"log_likelihoods\":["), NULL));
  }
  gb_run_free(run);
  gb_task_free(task);
  gb_model_free(model);
  return 0;
}
