/* Bad paths, bad options, bad text: the right status, and a line that names the value. */
#include <pthread.h>

#include "check.h"

#include <string.h>

static void check_statuses(void) {
  CHECK("status names", strcmp(gb_status_name(GB_OK), "GB_OK") == 0);
  CHECK("status names", strcmp(gb_status_name(GB_NOT_FOUND), "GB_NOT_FOUND") == 0);
  CHECK("status names", strcmp(gb_status_name(GB_INTERNAL), "GB_INTERNAL") == 0);
  CHECK("status names", strcmp(gb_status_name(GB_NETWORK), "GB_NETWORK") == 0);
  CHECK("status names", strcmp(gb_status_name(GB_ACCESS_DENIED), "GB_ACCESS_DENIED") == 0);
  CHECK("a number that is no status", strcmp(gb_status_name(1), "GB_UNKNOWN_STATUS") == 0);
  CHECK("a number that is no status", strcmp(gb_status_name(-1000), "GB_UNKNOWN_STATUS") == 0);
}

static void check_load_model(const char *folder) {
  gb_model *model = NULL;
  gb_load_options options = GB_LOAD_OPTIONS_INIT;
  REFUSES("a missing model", GB_NOT_FOUND, gb_load_model(&model, "/nowhere/at/all", NULL));
  CHECK("the line names the path", strstr(gb_last_error(), "/nowhere/at/all") != NULL);
  CHECK("an empty path is refused", gb_load_model(&model, "", NULL) != GB_OK && model == NULL);
  CHECK("a path that is no UTF-8 is refused", gb_load_model(&model, "/\xff\xfe", NULL) != GB_OK && model == NULL);
  options.flags = 1u << 30;
  REFUSES("unknown flags", GB_INVALID_ARGUMENT, gb_load_model(&model, folder, &options));
  options.flags = 0;
  options.struct_size = 0;
  REFUSES("struct_size must be set", GB_INVALID_ARGUMENT, gb_load_model(&model, folder, &options));
  options.struct_size = 3;
  REFUSES("struct_size must be credible", GB_INVALID_ARGUMENT, gb_load_model(&model, folder, &options));
}

static void check_tokens(const gb_model *model) {
  int32_t *tokens = NULL, bad[] = { -1 }, start[] = { 2 };
  size_t count = 0;
  char *text = NULL;
  float score = 0;
  REFUSES("a text that is no UTF-8", GB_INVALID_ARGUMENT, gb_tokenize(&tokens, &count, model, "\xff", 0));
  CHECK("an empty text has no tokens", gb_tokenize(&tokens, &count, model, "", 0) == GB_OK && count == 0);
  gb_tokens_free(tokens);
  CHECK("no tokens are an empty text", gb_detokenize(&text, model, NULL, 0) == GB_OK && text != NULL && text[0] == '\0');
  gb_string_free(text);
  REFUSES("a token below 0", GB_INVALID_ARGUMENT, gb_score_tokens(&score, model, start, 1, bad, 1));
  bad[0] = 2000000000;
  REFUSES("a token past the vocabulary", GB_INVALID_ARGUMENT, gb_score_tokens(&score, model, start, 1, bad, 1));
  REFUSES("a token past the vocabulary", GB_INVALID_ARGUMENT, gb_detokenize(&text, model, bad, 1));
}

static void check_tasks(void) {
  gb_task *task = NULL;
  REFUSES("a specification that is no JSON", GB_INVALID_ARGUMENT, gb_load_task(&task, "mmlu, please"));
  REFUSES("an unknown task", GB_NOT_FOUND, gb_load_task(&task, "{\"type\":\"mmmlu\"}"));
  REFUSES("an unknown key", GB_INVALID_ARGUMENT, gb_load_task(&task, "{\"type\":\"mmlu\",\"shotz\":5}"));
  CHECK("the line names the key and the nearest one",
        strstr(gb_last_error(), "shotz") != NULL && strstr(gb_last_error(), "shots") != NULL);
  REFUSES("missing data", GB_NOT_FOUND, gb_load_task(&task, "{\"type\":\"mmlu\",\"data\":\"/missing/data\"}"));
}

static void check_comparison(const gb_run *run) {
  char *text = NULL;
  double p_values[3] = { 0.01, 0.04, 0.03 };
  REFUSES("a negative margin", GB_INVALID_ARGUMENT, gb_compare(&text, run, run, "{\"margin\": -1}"));
  REFUSES("compare: an unknown option", GB_INVALID_ARGUMENT, gb_compare(&text, run, run, "{\"by\": \"quantization\"}"));
  CHECK("a run against itself", gb_compare(&text, run, run, "{\"margin\": 0.1}") == GB_OK && text != NULL);
  CHECK("no difference", text != NULL && strstr(text, "\"difference\":0.0") != NULL);
  gb_string_free(text);
  REFUSES("an unknown design", GB_INVALID_ARGUMENT, gb_power(&text, "{\"difference\": 0.05, \"design\": \"pared\"}"));
  CHECK("the line has the nearest one", strstr(gb_last_error(), "did you mean \"paired\"?") != NULL);
  CHECK("power", gb_power(&text, "{\"difference\": 0.05, \"design\": \"independent\"}") == GB_OK
                     && number(text, "items_needed") == 1565);
  gb_string_free(text);
  CHECK("holm", gb_adjust(p_values, p_values, 3, "holm") == GB_OK && p_values[0] == 0.03);
  p_values[1] = 2;
  CHECK("a value in its unit", gb_format_value(&text, 39.75, "errors") == GB_OK && strcmp(text, "39.75 errors") == 0);
  gb_string_free(text);
  CHECK("a share", gb_format_value(&text, 0.5, NULL) == GB_OK && strcmp(text, "50.0%") == 0);
  gb_string_free(text);
  REFUSES("a unit of two lines", GB_INVALID_ARGUMENT, gb_format_value(&text, 0.5, "two\nlines"));
  REFUSES("no p-value", GB_INVALID_ARGUMENT, gb_adjust(p_values, p_values, 3, "holm"));
  REFUSES("no adjustment", GB_INVALID_ARGUMENT, gb_adjust(p_values, p_values, 3, "hollm"));
}

static void check_runs(const gb_model *model, const gb_task *task) {
  gb_run *run = NULL;
  gb_run_options options = GB_RUN_OPTIONS_INIT;
  char *stats = NULL;
  options.limit = 2;
  options.reserved = 1;
  REFUSES("reserved must be 0", GB_INVALID_ARGUMENT, gb_run_task(&run, model, task, &options));
  options.reserved = 0;
  options.struct_size = 0;
  REFUSES("struct_size must be set", GB_INVALID_ARGUMENT, gb_run_task(&run, model, task, &options));
  options.struct_size = sizeof options;
  CHECK("a run", gb_run_task(&run, model, task, &options) == GB_OK);
  CHECK("a sample past the end", gb_run_sample(run, gb_run_count(run)) == NULL && error_is_a_line());
  CHECK("a sample far past the end", gb_run_sample(run, UINT64_MAX) == NULL && error_is_a_line());
  REFUSES("a confidence level above 1", GB_INVALID_ARGUMENT, gb_stats(&stats, run, "{\"confidence_level\": 1.5}"));
  CHECK("the line names option, range and value",
        strcmp(gb_last_error(), "stats: confidence_level: a number between 0 and 1 was expected, not 1.5") == 0);
  REFUSES("a confidence level below 0", GB_INVALID_ARGUMENT, gb_stats(&stats, run, "{\"confidence_level\": -0.5}"));
  REFUSES("an unknown metric", GB_INVALID_ARGUMENT, gb_stats(&stats, run, "{\"metric\": \"charm\"}"));
  REFUSES("an unknown interval", GB_INVALID_ARGUMENT, gb_stats(&stats, run, "{\"interval\": \"wilsn\"}"));
  REFUSES("unknown clusters", GB_INVALID_ARGUMENT,
          gb_stats(&stats, run, "{\"interval\": \"bootstrap\", \"clusters\": \"subjects\"}"));
  REFUSES("too many replicates", GB_INVALID_ARGUMENT, gb_stats(&stats, run, "{\"replicates\": 18446744073709551615}"));
  REFUSES("options that are no JSON", GB_INVALID_ARGUMENT, gb_stats(&stats, run, "confidence_level = 0.9"));
  REFUSES("options that are no UTF-8", GB_INVALID_ARGUMENT, gb_stats(&stats, run, "{\"\xff\": 1}"));
  REFUSES("an unknown key", GB_INVALID_ARGUMENT, gb_stats(&stats, run, "{\"confidence\": 0.9}"));
  CHECK("nothing is left by what is refused", stats == NULL);
  CHECK("stats", gb_stats(&stats, run, NULL) == GB_OK);
  CHECK("the default level is 0.95", number(stats, "confidence_level") == 0.95);
  CHECK("stats count the samples", number(stats, "count") == (double)gb_run_count(run));
  gb_string_free(stats);
  CHECK("a bootstrap", gb_stats(&stats, run, "{\"interval\": \"bootstrap\", \"replicates\": 100}") == GB_OK);
  gb_string_free(stats);
  check_comparison(run);
  gb_run_free(run);
}

static void check_plans(void) {
  gb_plan *plan = NULL;
  REFUSES("a plan that is no JSON", GB_INVALID_ARGUMENT, gb_plan_parse(&plan, "models: x"));
  CHECK("a plan in YAML", gb_plan_parse(&plan, "models: [x]\ntasks: [mmlu]\nruns: 3\n") == GB_OK);
  CHECK("what it says", strstr(gb_plan_info(plan), "\"runs\":3") != NULL);
  gb_plan_free(plan);
  REFUSES("an unknown key of a plan", GB_INVALID_ARGUMENT,
          gb_plan_parse(&plan, "{\"models\":[{\"path\":\"x\"}],\"tasks\":[{\"type\":\"mmlu\"}],\"limmit\":1}"));
  CHECK("the line names the key", strstr(gb_last_error(), "limmit") != NULL);
}

static void *fail_elsewhere(void *unused) {
  gb_model *model = NULL;
  (void)unused;
  CHECK("a new thread has no error", gb_last_error()[0] == '\0');
  REFUSES("a missing model", GB_NOT_FOUND, gb_load_model(&model, "/elsewhere", NULL));
  return NULL;
}

static void check_threads(void) {
  pthread_t thread;
  gb_model *model = NULL;
  REFUSES("a missing model", GB_NOT_FOUND, gb_load_model(&model, "/here", NULL));
  pthread_create(&thread, NULL, fail_elsewhere, NULL);
  pthread_join(thread, NULL);
  CHECK("errors are kept per thread", strstr(gb_last_error(), "/here") != NULL);
}

int main(void) {
  const char *folder = setting("GEMMABENCH_TEST_MODEL");
  gb_model *model = NULL;
  gb_task *task = NULL;
  USE_ALL();
  check_statuses();
  check_load_model(folder);
  check_tasks();
  check_plans();
  check_threads();
  CHECK("the test model loads", gb_load_model(&model, folder, NULL) == GB_OK);
  CHECK("the test task loads", gb_load_task(&task, TASK) == GB_OK);
  if (model != NULL) check_tokens(model);
  if (model != NULL && task != NULL) check_runs(model, task);
  gb_task_free(task);
  gb_model_free(model);
  return finish();
}
