/* NULL for every pointer of every function: a status or NULL, and a line, never a crash. */
#include "check.h"

static void check_without_handles(void) {
  int32_t *tokens = NULL;
  size_t count = 7;
  char *text = NULL;
  int32_t token = 2;
  float score = 0;
  gb_model *model = (gb_model *)&token;
  gb_generation *generation = (gb_generation *)&token;
  gb_task *task = (gb_task *)&token;
  gb_run *run = (gb_run *)&token;
  gb_plan *plan = (gb_plan *)&token;
  gb_report *report = (gb_report *)&token;

  REFUSES("system_info without out", GB_INVALID_ARGUMENT, gb_system_info(NULL));
  CHECK("no log callback is the default", gb_set_log_callback(NULL, NULL) == GB_OK);
  REFUSES("load_model without out", GB_INVALID_ARGUMENT, gb_load_model(NULL, "x", NULL));
  REFUSES("load_model without path", GB_INVALID_ARGUMENT, gb_load_model(&model, NULL, NULL));
  CHECK("a failed load sets out to NULL", model == NULL);
  CHECK("model_info of NULL", gb_model_info(NULL) == NULL && error_is_a_line());
  REFUSES("memory_estimate without out", GB_INVALID_ARGUMENT, gb_memory_estimate(NULL, "x", NULL));
  REFUSES("memory_estimate without model", GB_INVALID_ARGUMENT, gb_memory_estimate(&text, NULL, NULL));
  REFUSES("pull_model without out", GB_INVALID_ARGUMENT, gb_pull_model(NULL, "x", NULL));
  REFUSES("pull_model without model", GB_INVALID_ARGUMENT, gb_pull_model(&text, NULL, NULL));
  REFUSES("resolve_model without out", GB_INVALID_ARGUMENT, gb_resolve_model(NULL, "x", NULL));
  REFUSES("resolve_model without model", GB_INVALID_ARGUMENT, gb_resolve_model(&text, NULL, NULL));
  REFUSES("cached_models without out", GB_INVALID_ARGUMENT, gb_cached_models(NULL, NULL));
  REFUSES("fetch_data without out", GB_INVALID_ARGUMENT, gb_fetch_data(NULL, "a/b", NULL, NULL, NULL));
  REFUSES("cached_data without out", GB_INVALID_ARGUMENT, gb_cached_data(NULL, NULL));
  REFUSES("hub_identity without out", GB_INVALID_ARGUMENT, gb_hub_identity(NULL));
  REFUSES("tokenize without model", GB_INVALID_ARGUMENT, gb_tokenize(&tokens, &count, NULL, "x", 0));
  CHECK("a failed tokenize leaves nothing", tokens == NULL && count == 0);
  REFUSES("tokenize without anything", GB_INVALID_ARGUMENT, gb_tokenize(NULL, NULL, NULL, NULL, 0));
  REFUSES("detokenize without model", GB_INVALID_ARGUMENT, gb_detokenize(&text, NULL, &token, 1));
  REFUSES("detokenize without out", GB_INVALID_ARGUMENT, gb_detokenize(NULL, NULL, &token, 1));
  REFUSES("apply_chat_template without out", GB_INVALID_ARGUMENT, gb_apply_chat_template(NULL, NULL, "[]", NULL));
  REFUSES("apply_chat_template without model", GB_INVALID_ARGUMENT, gb_apply_chat_template(&text, NULL, "[]", NULL));
  CHECK("a failed apply_chat_template leaves nothing", text == NULL);
  REFUSES("score_tokens without model", GB_INVALID_ARGUMENT, gb_score_tokens(&score, NULL, &token, 1, &token, 1));
  REFUSES("score_tokens without anything", GB_INVALID_ARGUMENT, gb_score_tokens(NULL, NULL, NULL, 0, NULL, 0));
  REFUSES("generate without out", GB_INVALID_ARGUMENT, gb_generate(NULL, NULL, "x", NULL));
  REFUSES("generate without model", GB_INVALID_ARGUMENT, gb_generate(&generation, NULL, "x", NULL));
  CHECK("a failed generate sets out to NULL", generation == NULL);
  CHECK("generation_text of NULL", gb_generation_text(NULL) == NULL);
  CHECK("generation_info of NULL", gb_generation_info(NULL) == NULL);
  REFUSES("task_catalogue without out", GB_INVALID_ARGUMENT, gb_task_catalogue(NULL));
  REFUSES("load_task without out", GB_INVALID_ARGUMENT, gb_load_task(NULL, TASK));
  REFUSES("load_task without specification", GB_INVALID_ARGUMENT, gb_load_task(&task, NULL));
  CHECK("a failed load_task sets out to NULL", task == NULL);
  CHECK("task_info of NULL", gb_task_info(NULL) == NULL && error_is_a_line());
  REFUSES("task_prompts without out", GB_INVALID_ARGUMENT, gb_task_prompts(NULL, NULL, 1));
  REFUSES("task_prompts without task", GB_INVALID_ARGUMENT, gb_task_prompts(&text, NULL, 1));
  REFUSES("run_task without out", GB_INVALID_ARGUMENT, gb_run_task(NULL, NULL, NULL, NULL));
  REFUSES("run_task without model and task", GB_INVALID_ARGUMENT, gb_run_task(&run, NULL, NULL, NULL));
  CHECK("a failed run_task sets out to NULL", run == NULL);
  CHECK("run_count of NULL", gb_run_count(NULL) == 0);
  CHECK("run_sample of NULL", gb_run_sample(NULL, 0) == NULL && error_is_a_line());
  CHECK("run_info of NULL", gb_run_info(NULL) == NULL && error_is_a_line());
  REFUSES("stats without out", GB_INVALID_ARGUMENT, gb_stats(NULL, NULL, NULL));
  REFUSES("stats without run", GB_INVALID_ARGUMENT, gb_stats(&text, NULL, NULL));
  CHECK("a failed stats leaves nothing", text == NULL);
  REFUSES("compare without out", GB_INVALID_ARGUMENT, gb_compare(NULL, NULL, NULL, NULL));
  REFUSES("compare without runs", GB_INVALID_ARGUMENT, gb_compare(&text, NULL, NULL, NULL));
  CHECK("a failed compare leaves nothing", text == NULL);
  REFUSES("adjust without memory", GB_INVALID_ARGUMENT, gb_adjust(NULL, NULL, 1, "holm"));
  REFUSES("adjust without method", GB_INVALID_ARGUMENT, gb_adjust(NULL, NULL, 0, NULL));
  REFUSES("format without memory", GB_INVALID_ARGUMENT, gb_format_value(NULL, 1, "errors"));
  CHECK("adjust of nothing", gb_adjust(NULL, NULL, 0, "holm") == GB_OK);
  REFUSES("power without out", GB_INVALID_ARGUMENT, gb_power(NULL, NULL));
  REFUSES("power without a question", GB_INVALID_ARGUMENT, gb_power(&text, NULL));
  CHECK("a failed power leaves nothing", text == NULL);
  REFUSES("report_export without out", GB_INVALID_ARGUMENT, gb_report_export(NULL, NULL, "csv", "x"));
  REFUSES("store_history without out", GB_INVALID_ARGUMENT, gb_store_history(NULL, "x"));
  REFUSES("report_read without out", GB_INVALID_ARGUMENT, gb_report_read(NULL, "x"));
  REFUSES("report_read without path", GB_INVALID_ARGUMENT, gb_report_read(&report, NULL));
  REFUSES("report_read of nothing", GB_NOT_FOUND, gb_report_read(&report, "/missing/report"));
  CHECK("a failed report_read sets out to NULL", report == NULL);
  REFUSES("plan_parse without out", GB_INVALID_ARGUMENT, gb_plan_parse(NULL, "{}"));
  REFUSES("plan_parse without text", GB_INVALID_ARGUMENT, gb_plan_parse(&plan, NULL));
  CHECK("a failed plan_parse sets out to NULL", plan == NULL);
  REFUSES("plan_read without out", GB_INVALID_ARGUMENT, gb_plan_read(NULL, "x.yaml"));
  REFUSES("plan_read without path", GB_INVALID_ARGUMENT, gb_plan_read(&plan, NULL));
  REFUSES("plan_read of nothing", GB_NOT_FOUND, gb_plan_read(&plan, "/missing/config.yaml"));
  CHECK("a failed plan_read sets out to NULL", plan == NULL);
  REFUSES("plan_change without out", GB_INVALID_ARGUMENT, gb_plan_change(NULL, plan, "{}"));
  REFUSES("plan_change without plan", GB_INVALID_ARGUMENT, gb_plan_change(&plan, NULL, "{}"));
  REFUSES("plan_estimate without out", GB_INVALID_ARGUMENT, gb_plan_estimate(NULL, NULL, NULL));
  REFUSES("plan_estimate without plan", GB_INVALID_ARGUMENT, gb_plan_estimate(&text, NULL, NULL));
  CHECK("a failed plan_estimate leaves nothing", text == NULL);
  CHECK("plan_info of NULL", gb_plan_info(NULL) == NULL && error_is_a_line());
  REFUSES("plan_run without out", GB_INVALID_ARGUMENT, gb_plan_run(NULL, NULL, NULL));
  REFUSES("plan_run without plan", GB_INVALID_ARGUMENT, gb_plan_run(&report, NULL, NULL));
  CHECK("a failed plan_run sets out to NULL", report == NULL);
  CHECK("report_run_count of NULL", gb_report_run_count(NULL) == 0);
  CHECK("report_run of NULL", gb_report_run(NULL, 0) == NULL && error_is_a_line());
  REFUSES("schema without memory", GB_INVALID_ARGUMENT, gb_schema(NULL));
  REFUSES("suggest without word", GB_INVALID_ARGUMENT, gb_suggest(&text, NULL, NULL, 0));
  REFUSES("suggest without names", GB_INVALID_ARGUMENT, gb_suggest(&text, "shots", NULL, 2));
  REFUSES("compare_reports without report", GB_INVALID_ARGUMENT, gb_compare_reports(&text, NULL, NULL, NULL));
  REFUSES("report_pivot without report", GB_INVALID_ARGUMENT, gb_report_pivot(&text, NULL, NULL));
  REFUSES("report_render without report", GB_INVALID_ARGUMENT, gb_report_render(&text, NULL, "table"));
  REFUSES("report_render without out", GB_INVALID_ARGUMENT, gb_report_render(NULL, NULL, "table"));
  REFUSES("report_write without report", GB_INVALID_ARGUMENT, gb_report_write(NULL, "x"));
  REFUSES("run_lua_file without path", GB_INVALID_ARGUMENT, gb_run_lua_file(NULL, NULL));
}

static void check_with_handles(void) {
  gb_model *model = NULL;
  gb_task *task = NULL;
  int32_t *tokens = NULL, token = 2;
  size_t count = 0;
  char *text = NULL;
  float score = 0;
  gb_generation *generation = NULL;
  gb_run *run = NULL;
  gb_generate_options options = GB_GENERATE_OPTIONS_INIT;
  const char *no_stop[1] = { NULL };

  if (gb_load_model(&model, setting("GEMMABENCH_TEST_MODEL"), NULL) != GB_OK || gb_load_task(&task, TASK) != GB_OK) {
    CHECK("the test model and task load", 0);
    gb_model_free(model);
    return;
  }
  REFUSES("tokenize without out", GB_INVALID_ARGUMENT, gb_tokenize(NULL, &count, model, "x", 0));
  REFUSES("tokenize without count", GB_INVALID_ARGUMENT, gb_tokenize(&tokens, NULL, model, "x", 0));
  REFUSES("tokenize without text", GB_INVALID_ARGUMENT, gb_tokenize(&tokens, &count, model, NULL, 0));
  REFUSES("detokenize without tokens", GB_INVALID_ARGUMENT, gb_detokenize(&text, model, NULL, 3));
  REFUSES("score_tokens without out", GB_INVALID_ARGUMENT, gb_score_tokens(NULL, model, &token, 1, &token, 1));
  REFUSES("score_tokens without context", GB_INVALID_ARGUMENT, gb_score_tokens(&score, model, NULL, 1, &token, 1));
  REFUSES("score_tokens without continuation", GB_INVALID_ARGUMENT, gb_score_tokens(&score, model, &token, 1, NULL, 1));
  REFUSES("score_tokens with an empty context", GB_INVALID_ARGUMENT, gb_score_tokens(&score, model, &token, 0, &token, 1));
  REFUSES("generate without prompt", GB_INVALID_ARGUMENT, gb_generate(&generation, model, NULL, NULL));
  options.stop_count = 1;
  REFUSES("generate with stops missing", GB_INVALID_ARGUMENT, gb_generate(&generation, model, "x", &options));
  options.stops = no_stop;
  REFUSES("generate with a stop missing", GB_INVALID_ARGUMENT, gb_generate(&generation, model, "x", &options));
  REFUSES("run_task without task", GB_INVALID_ARGUMENT, gb_run_task(&run, model, NULL, NULL));
  REFUSES("run_task without model", GB_INVALID_ARGUMENT, gb_run_task(&run, NULL, task, NULL));
  gb_task_free(task);
  gb_model_free(model);
}

int main(void) {
  USE_ALL();
  check_without_handles();
  gb_string_free(NULL);
  gb_tokens_free(NULL);
  gb_model_free(NULL);
  gb_generation_free(NULL);
  gb_task_free(NULL);
  gb_run_free(NULL);
  gb_plan_free(NULL);
  gb_report_free(NULL);
  CHECK("every free accepts NULL", 1);
  check_with_handles();
  return finish();
}
