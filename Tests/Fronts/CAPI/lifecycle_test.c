/* What is whose: results, cancellation, and handles freed in any order. */
#include "check.h"

typedef struct counter {
  int calls;
  int stop_at;
  uint64_t completed;
} counter;

static int32_t count_progress(const gb_progress *progress, void *user_data) {
  counter *seen = user_data;
  seen->calls++;
  seen->completed = progress->completed;
  return seen->stop_at > 0 && seen->calls >= seen->stop_at;
}

static int32_t count_tokens(int32_t token, const char *text, void *user_data) {
  counter *seen = user_data;
  seen->calls++;
  return token < 0 || text == NULL || (seen->stop_at > 0 && seen->calls >= seen->stop_at);
}

static void check_text(void) {
  char *json = NULL;
  CHECK("the version is that of the header", strncmp(gb_version(), "0.1.", 4) == 0);
  CHECK("the machine is described", gb_system_info(&json) == GB_OK && json != NULL && json[0] == '{');
  gb_string_free(json);
  CHECK("the catalogue names mmlu", gb_task_catalogue(&json) == GB_OK && strstr(json, "mmlu") != NULL);
  gb_string_free(json);
}

static void check_model(const gb_model *model) {
  int32_t *tokens = NULL, *more = NULL;
  size_t count = 0, more_count = 0;
  char *text = NULL;
  float scores[8];
  gb_generation *generation = NULL;
  gb_generate_options options = GB_GENERATE_OPTIONS_INIT;
  counter seen = { 0, 1, 0 };

  CHECK("the model is described", gb_model_info(model)[0] == '{');
  gb_chat_options chat = GB_CHAT_OPTIONS_INIT;
  const char *conversation = "[{\"role\": \"user\", \"content\": \" Hello \"}]";
  CHECK("a chat", gb_apply_chat_template(&text, model, conversation, NULL) == GB_OK
        && strcmp(text, "<bos><start_of_turn>user\nHello<end_of_turn>\n<start_of_turn>model\n") == 0);
  gb_string_free(text);
  chat.no_generation_prompt = 1;
  CHECK("a chat without prompt", gb_apply_chat_template(&text, model, conversation, &chat) == GB_OK
        && strcmp(text, "<bos><start_of_turn>user\nHello<end_of_turn>\n") == 0);
  gb_string_free(text);
  chat.thinking = GB_THINKING_OFF;
  CHECK("nothing to turn off", gb_apply_chat_template(&text, model, conversation, &chat) == GB_OK
        && strcmp(text, "<bos><start_of_turn>user\nHello<end_of_turn>\n") == 0);
  gb_string_free(text);
  chat.thinking = 3;
  REFUSES("an unknown value of thinking", GB_INVALID_ARGUMENT, gb_apply_chat_template(&text, model, conversation, &chat));
  chat.thinking = GB_THINKING_ON;
  REFUSES("no thinking switch", GB_INVALID_ARGUMENT, gb_apply_chat_template(&text, model, conversation, &chat));
  REFUSES("no JSON", GB_INVALID_ARGUMENT, gb_apply_chat_template(&text, model, "[", NULL));
  REFUSES("no messages", GB_INVALID_ARGUMENT, gb_apply_chat_template(&text, model, "[]", NULL));
  REFUSES("a zero byte", GB_INVALID_ARGUMENT,
          gb_apply_chat_template(&text, model, "[{\"role\":\"user\",\"content\":\"\\u0000\"}]", NULL));
  CHECK("tokens with BOS", gb_tokenize(&tokens, &count, model, "hello", 1) == GB_OK && count > 1);
  CHECK("tokens without", gb_tokenize(&more, &more_count, model, "hello", 0) == GB_OK && more_count == count - 1);
  CHECK("and back", gb_detokenize(&text, model, more, more_count) == GB_OK && strcmp(text, "hello") == 0);
  if (more_count <= 8) {
    CHECK("scores", gb_score_tokens(scores, model, tokens, 1, more, more_count) == GB_OK);
    CHECK("a log-probability is not positive", scores[0] <= 0);
  }
  REFUSES("an empty continuation", GB_INVALID_ARGUMENT, gb_score_tokens(scores, model, tokens, 1, more, 0));
  gb_string_free(text);
  gb_tokens_free(tokens);
  gb_tokens_free(more);

  options.max_tokens = 4;
  CHECK("a generation", gb_generate(&generation, model, "hello", &options) == GB_OK);
  CHECK("its text", gb_generation_text(generation) != NULL);
  CHECK("its description", strstr(gb_generation_info(generation), "finish_reason") != NULL);
  gb_generation_free(generation);
  options.temperature = 1.5;
  options.top_k = 50;
  options.seed = 3;
  CHECK("a drawn generation", gb_generate(&generation, model, "hello", &options) == GB_OK);
  gb_generation_free(generation);
  options.top_p = 2;
  REFUSES("a share above 1", GB_INVALID_ARGUMENT, gb_generate(&generation, model, "hello", &options));
  options.temperature = options.top_p = 0;
  REFUSES("a filter of greedy choice", GB_INVALID_ARGUMENT, gb_generate(&generation, model, "hello", &options));
  options.top_k = 0;
  options.on_token = count_tokens;
  options.user_data = &seen;
  CHECK("a generation that is stopped keeps what it has", gb_generate(&generation, model, "hello", &options) == GB_OK);
  CHECK("it stopped at once", seen.calls <= 1 && generation != NULL);
  gb_generation_free(generation);
}

static void check_cancellation(const char *folder, const gb_model *model, const gb_task *task) {
  gb_run *run = NULL;
  gb_model *other = NULL;
  counter seen = { 0, 1, 0 };
  gb_run_options options = GB_RUN_OPTIONS_INIT;
  gb_load_options load = GB_LOAD_OPTIONS_INIT;
  options.progress = count_progress;
  options.user_data = &seen;
  CHECK("progress cancels", gb_run_task(&run, model, task, &options) == GB_CANCELLED);
  CHECK("a cancelled run holds what was done", run != NULL && gb_run_info(run) != NULL);
  CHECK("it was called once", seen.calls == 1);
  gb_run_free(run);
  seen.calls = 0;
  load.progress = count_progress;
  load.user_data = &seen;
  if (gb_load_model(&other, folder, &load) == GB_OK) {
    CHECK("a load that ended before it could be cancelled never asked", seen.calls == 0);
  } else {
    CHECK("a cancelled load leaves nothing", other == NULL && seen.calls == 1);
  }
  gb_model_free(other);
}

static void check_order_of_frees(const char *folder) {
  gb_model *model = NULL;
  gb_task *task = NULL;
  gb_run *run = NULL;
  gb_run_options options = GB_RUN_OPTIONS_INIT;
  char *stats = NULL;
  counter seen = { 0, 0, 0 };
  options.limit = 2;
  options.progress = count_progress;
  options.user_data = &seen;
  CHECK("loads", gb_load_model(&model, folder, NULL) == GB_OK && gb_load_task(&task, TASK) == GB_OK);
  CHECK("prompts are there without a model", task != NULL && gb_task_info(task)[0] == '{');
  CHECK("runs", gb_run_task(&run, model, task, &options) == GB_OK);
  gb_model_free(model);
  gb_task_free(task);
  CHECK("a run outlives its model and task", gb_run_count(run) > 0 && gb_run_sample(run, 0)[0] == '{');
  CHECK("progress reached the end", seen.completed == gb_run_count(run));
  CHECK("statistics", gb_stats(&stats, run, NULL) == GB_OK);
  CHECK("the mean lies in its interval",
        number(stats, "lower") <= number(stats, "mean") && number(stats, "mean") <= number(stats, "upper"));
  gb_string_free(stats);
  gb_run_free(run);
}

static void check_efficiency(const gb_model *model) {
  gb_task *task = NULL;
  gb_run *run = NULL;
  char *stats = NULL;
  CHECK("the efficiency task loads",
        gb_load_task(&task, "{\"type\":\"efficiency\",\"sample_prompts\":[\"One day\"],"
                            "\"output_lengths\":[3],\"repetitions\":2}") == GB_OK);
  CHECK("it runs", gb_run_task(&run, model, task, NULL) == GB_OK && gb_run_count(run) == 1);
  CHECK("what each repetition took", strstr(gb_run_sample(run, 0), "\"inter_token_seconds\"") != NULL);
  CHECK("its statistics", gb_stats(&stats, run, "{\"metric\": \"peak_memory_bytes\"}") == GB_OK);
  CHECK("a median and no mean", number(stats, "median") > 0 && isnan(number(stats, "mean")));
  gb_string_free(stats);
  gb_run_free(run);
  gb_task_free(task);
}

static void check_plan(const char *folder) {
  char json[4096], *text = NULL;
  gb_plan *plan = NULL;
  gb_report *report = NULL;
  gb_plan_options options = GB_PLAN_OPTIONS_INIT;
  counter seen = { 0, 1, 0 };
  snprintf(json, sizeof json, "{\"name\":\"c\",\"models\":[{\"path\":\"%s\"}],\"tasks\":[" TASK "],\"limit\":2}", folder);
  CHECK("a plan parses", gb_plan_parse(&plan, json) == GB_OK && gb_plan_info(plan)[0] == '{');
  options.flags = 1u << 20;
  REFUSES("unknown flags", GB_INVALID_ARGUMENT, gb_plan_run(&report, plan, &options));
  options.flags = 0;
  options.output = "/proc/gemmabench/output";
  REFUSES("an output folder that cannot be made", GB_INPUT_OUTPUT, gb_plan_run(&report, plan, &options));
  options.output = NULL;
  options.progress = count_progress;
  options.user_data = &seen;
  CHECK("a plan can be cancelled", gb_plan_run(&report, plan, &options) == GB_CANCELLED && report != NULL);
  gb_report_free(report);
  CHECK("a plan runs", gb_plan_run(&report, plan, NULL) == GB_OK);
  gb_plan_free(plan);
  CHECK("a report outlives its plan", gb_report_run_count(report) == 1);
  CHECK("it lends its runs", gb_run_count(gb_report_run(report, 0)) > 0);
  CHECK("a cell that is not there", gb_report_run(report, 1) == NULL && error_is_a_line());
  CHECK("a table", gb_report_render(&text, report, "table") == GB_OK && text[0] != '\0');
  gb_string_free(text);
  REFUSES("an unknown format", GB_INVALID_ARGUMENT, gb_report_render(&text, report, "parchment"));
  CHECK("a failed render sets out to NULL", text == NULL);
  REFUSES("no format", GB_INVALID_ARGUMENT, gb_report_render(&text, report, NULL));
  REFUSES("an unknown export", GB_INVALID_ARGUMENT, gb_report_export(&text, report, "parchment", "x"));
  REFUSES("an export of what is in no store", GB_UNSUPPORTED, gb_report_export(&text, report, "lm-eval", "x"));
  REFUSES("no folder", GB_INVALID_ARGUMENT, gb_report_write(report, NULL));
  REFUSES("a folder that cannot be made", GB_INPUT_OUTPUT, gb_report_write(report, "/proc/gemmabench/report"));
  gb_report_free(report);
}

static void check_failing_cell(const char *folder) {
  char json[4096];
  gb_plan *plan = NULL;
  gb_report *report = NULL;
  CHECK("a plan may name a model that is not there",
        gb_plan_parse(&plan, "{\"models\":[{\"path\":\"/nowhere\"}],\"tasks\":[" TASK "]}") == GB_OK);
  REFUSES("it does not run", GB_NOT_FOUND, gb_plan_run(&report, plan, NULL));
  CHECK("the line names the model", report == NULL && strstr(gb_last_error(), "/nowhere") != NULL);
  gb_plan_free(plan);
  snprintf(json, sizeof json,
           "{\"models\":[{\"path\":\"/nowhere\"},{\"path\":\"%s\",\"context_length\":1}],\"tasks\":["
           "{\"type\":\"mmlu\",\"data\":\"/no/data\"}]}", folder);
  CHECK("a plan with three faults parses", gb_plan_parse(&plan, json) == GB_OK);
  REFUSES("it does not run either", GB_NOT_FOUND, gb_plan_run(&report, plan, NULL));
  CHECK("the line names them all", strstr(gb_last_error(), "/nowhere") != NULL
        && strstr(gb_last_error(), "context_length 1") != NULL && strstr(gb_last_error(), "/no/data") != NULL);
  gb_plan_free(plan);
  /* More tokens to measure than the context holds shows once the cell runs. */
  snprintf(json, sizeof json,
           "{\"models\":[{\"path\":\"%s\",\"context_length\":8}],\"tasks\":["
           "{\"type\":\"efficiency\",\"output_lengths\":[16]}]}", folder);
  CHECK("a plan with a cell that will fail parses", gb_plan_parse(&plan, json) == GB_OK);
  CHECK("a cell that fails does not fail the plan", gb_plan_run(&report, plan, NULL) == GB_OK);
  CHECK("it says why", gb_report_run(report, 0) == NULL && strstr(gb_last_error(), "max_tokens 16") != NULL);
  gb_report_free(report);
  gb_plan_free(plan);
}

int main(void) {
  const char *folder = setting("GEMMABENCH_TEST_MODEL");
  gb_model *model = NULL;
  gb_task *task = NULL;
  USE_ALL();
  check_text();
  CHECK("the test model loads", gb_load_model(&model, folder, NULL) == GB_OK);
  CHECK("the test task loads", gb_load_task(&task, TASK) == GB_OK);
  if (model != NULL && task != NULL) {
    check_model(model);
    check_cancellation(folder, model, task);
    check_order_of_frees(folder);
    check_efficiency(model);
    check_plan(folder);
    check_failing_cell(folder);
  }
  gb_task_free(task);
  gb_model_free(model);
  return finish();
}
