/* A task of callbacks: asked in order, scored, failing, cancelled, released once. */
#include "check.h"

typedef struct state {
  int samples, prompts, scores, released; /* calls */
  int fail_at;                            /* the sample whose score fails; -1: none */
  int seen;                               /* samples that on_sample saw */
  int stop_after;                         /* on_sample stops then; 0: never */
} state;

static int32_t on_sample(gb_reply *reply, uint64_t index, void *user_data) {
  char text[120];
  ((state *)user_data)->samples++;
  sprintf(text, "{\"id\":\"q%d\",\"target\":\"ran\",\"subject\":\"%s\",\"clusters\":{\"passage\":\"p%d\"}}", (int)index,
          index < 2 ? "early" : "late", (int)index % 3);
  return gb_reply_set(reply, text) != GB_OK;
}

static int32_t on_prompt(gb_reply *reply, uint64_t index, void *user_data) {
  (void)index;
  ((state *)user_data)->prompts++;
  return gb_reply_set(reply, "{\"prompt\":\"The fox\",\"continuations\":[\" ran\",\" slept\"]}") != GB_OK;
}

static int32_t on_score(gb_reply *reply, uint64_t index, const char *response, void *user_data) {
  state *own = user_data;
  own->scores++;
  if ((int)index == own->fail_at) {
    gb_reply_set(reply, "no luck");
    return 1;
  }
  return gb_reply_set(reply, strstr(response, "\"chosen\"") ? "{\"score\":1,\"prediction\":\"ran\"}" : "null") != GB_OK;
}

static void on_release(void *user_data) { ((state *)user_data)->released++; }

static int32_t on_record(const char *json, void *user_data) {
  state *own = user_data;
  own->seen++;
  CHECK("a record names its model and task", strstr(json, "\"model\":") != NULL && strstr(json, "\"task\":\"fox\"") != NULL);
  return own->stop_after > 0 && own->seen >= own->stop_after;
}

static gb_task_callbacks callbacks_of(state *own) {
  gb_task_callbacks callbacks = GB_TASK_CALLBACKS_INIT;
  callbacks.description = "{\"name\":\"fox\",\"metric\":\"accuracy\"}";
  callbacks.sample_count = 4;
  callbacks.sample = on_sample;
  callbacks.prompt = on_prompt;
  callbacks.score = on_score;
  callbacks.release = on_release;
  callbacks.user_data = own;
  return callbacks;
}

static void check_refusals(void) {
  state own = { 0, 0, 0, 0, -1, 0, 0 };
  gb_task *task = NULL;
  gb_task_callbacks callbacks = callbacks_of(&own);
  REFUSES("NULL", GB_INVALID_ARGUMENT, gb_define_task(&task, NULL));
  REFUSES("NULL", GB_INVALID_ARGUMENT, gb_define_task(NULL, &callbacks));
  callbacks.prompt = NULL;
  REFUSES("no prompt callback", GB_INVALID_ARGUMENT, gb_define_task(&task, &callbacks));
  callbacks = callbacks_of(&own);
  callbacks.description = "{}";
  REFUSES("no name", GB_INVALID_ARGUMENT, gb_define_task(&task, &callbacks));
  callbacks.description = "fox";
  REFUSES("no JSON", GB_INVALID_ARGUMENT, gb_define_task(&task, &callbacks));
  callbacks = callbacks_of(&own);
  callbacks.sample_count = 0;
  REFUSES("no samples", GB_INVALID_ARGUMENT, gb_define_task(&task, &callbacks));
  REFUSES("NULL", GB_INVALID_ARGUMENT, gb_reply_set(NULL, "1"));
  CHECK("a task that was not made is not released", own.released == 0 && task == NULL);
}

/* A metric keeps its direction and its unit. */
static void check_metric(const gb_model *model) {
  state own = { 0, 0, 0, 0, -1, 0, 0 };
  gb_task *task = NULL;
  gb_run *run = NULL;
  gb_task_callbacks callbacks = callbacks_of(&own);
  callbacks.description = "{\"name\":\"fox\",\"metric\":{\"name\":\"errors\",\"binary\":false,\"upper\":100,"
                          "\"higher_is_better\":false,\"unit\":\"errors\"}}";
  CHECK("a metric with a unit", gb_define_task(&task, &callbacks) == GB_OK &&
        strstr(gb_task_info(task), "\"unit\":\"errors\"") != NULL &&
        strstr(gb_task_info(task), "\"higher_is_better\":false") != NULL);
  CHECK("the run tells the unit", gb_run_task(&run, model, task, NULL) == GB_OK &&
        strstr(gb_run_info(run), "\"unit\":\"errors\"") != NULL &&
        strstr(gb_run_info(run), "\"higher_is_better\":false") != NULL);
  gb_run_free(run);
  gb_task_free(task);
}

static void check_run(const gb_model *model) {
  state own = { 0, 0, 0, 0, -1, 0, 0 };
  gb_task *task = NULL;
  gb_run *run = NULL;
  gb_task_callbacks callbacks = callbacks_of(&own);
  CHECK("a task of callbacks", gb_define_task(&task, &callbacks) == GB_OK && own.samples == 4 && own.prompts == 0);
  CHECK("the task tells its name", strstr(gb_task_info(task), "\"name\":\"fox\"") != NULL);
  gb_run_options options = GB_RUN_OPTIONS_INIT;
  options.on_sample = on_record;
  options.user_data = &own;
  CHECK("a run", gb_run_task(&run, model, task, &options) == GB_OK && gb_run_count(run) == 4 && own.scores == 4);
  CHECK("each sample was seen", own.seen == 4);
  CHECK("the score and the prediction are in the record",
        strstr(gb_run_sample(run, 0), "\"score\":1") != NULL && strstr(gb_run_sample(run, 0), "\"prediction\":\"ran\"") != NULL);
  char *stats = NULL;
  CHECK("statistics as of any task", gb_stats(&stats, run, NULL) == GB_OK && number(stats, "mean") == 1.0);
  CHECK("clusters are not counted unless requested", isnan(number(stats, "clusters")));
  gb_string_free(stats);
  CHECK("clusters as the samples name them",
        gb_stats(&stats, run, "{\"clusters\": \"passage\"}") == GB_OK && number(stats, "clusters") == 3);
  gb_string_free(stats);
  REFUSES("clusters that no sample names", GB_INVALID_ARGUMENT, gb_stats(&stats, run, "{\"clusters\": \"pasage\"}"));
  gb_run_free(run);

  options.limit = 1; /* of each subject */
  CHECK("a limit counts subjects", gb_run_task(&run, model, task, &options) == GB_OK && gb_run_count(run) == 2);
  gb_run_free(run);
  options.limit = 0;
  own.seen = 0;
  own.stop_after = 2;
  /* What the pass had finished is kept: of a run of one pass that is all of it, and then it is complete. */
  gb_status stopped = gb_run_task(&run, model, task, &options);
  CHECK("on_sample stops a run", own.seen == 2 && gb_run_count(run) >= 2 &&
                                     stopped == (gb_run_count(run) < 4 ? GB_CANCELLED : GB_OK));
  gb_run_free(run);

  own.fail_at = 1;
  own.stop_after = 0;
  REFUSES("a score that fails ends the run", GB_CALLBACK_FAILED, gb_run_task(&run, model, task, &options));
  CHECK("the line names the sample and the reason", strstr(gb_last_error(), "fox: sample q1: score: no luck") != NULL);
  CHECK("the run keeps what it has", run != NULL && gb_run_count(run) >= 1 && strstr(gb_run_info(run), "no luck") != NULL);
  gb_run_free(run);
  CHECK("not released before it is freed", own.released == 0);
  gb_task_free(task);
  CHECK("released once", own.released == 1);
}

static void check_plan(const char *folder) {
  state own = { 0, 0, 0, 0, -1, 0, 0 };
  gb_task *task = NULL;
  gb_plan *plan = NULL;
  gb_report *report = NULL;
  char json[1024], *table = NULL;
  gb_task_callbacks callbacks = callbacks_of(&own);
  sprintf(json, "{\"models\":[{\"path\":\"%.800s\"}],\"tasks\":[{\"type\":\"callbacks\",\"name\":\"fox\"}]}", folder);
  CHECK("a plan with a task of callbacks", gb_plan_parse(&plan, json) == GB_OK);
  REFUSES("the task was not passed along", GB_INVALID_ARGUMENT, gb_plan_run(&report, plan, NULL));
  CHECK("a task of callbacks", gb_define_task(&task, &callbacks) == GB_OK);
  const gb_task *tasks[1];
  tasks[0] = task;
  gb_plan_options options = GB_PLAN_OPTIONS_INIT;
  options.tasks = tasks;
  options.task_count = 1;
  options.on_cell = on_record;
  options.user_data = &own;
  CHECK("a sweep", gb_plan_run(&report, plan, &options) == GB_OK && gb_report_run_count(report) == 1 && own.seen == 1);
  CHECK("its table", gb_report_render(&table, report, "table") == GB_OK && strstr(table, "fox") != NULL);
  gb_string_free(table);
  gb_report_free(report);
  gb_plan_free(plan);
  gb_task_free(task);
  CHECK("released once", own.released == 1);
}

int main(void) {
  const char *folder = setting("GEMMABENCH_TEST_MODEL");
  gb_model *model = NULL;
  USE_ALL();
  check_refusals();
  CHECK("the model loads", gb_load_model(&model, folder, NULL) == GB_OK);
  check_run(model);
  check_metric(model);
  gb_model_free(model);
  check_plan(folder);
  return finish();
}
