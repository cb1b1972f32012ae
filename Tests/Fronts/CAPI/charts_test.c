/* Charts: each form of one of them, all of them into a folder, and what is refused. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <unistd.h>

#include "check.h"

static char folder[] = "/tmp/gemmabench-charts-XXXXXX";

/* A path in the test's own folder; good until the next call. */
static const char *path_of(const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* Whether a file begins with a text. */
static int begins(const char *path, const char *text) {
  char bytes[128];
  size_t length = strlen(text);
  if (length > sizeof bytes) return 0;
  FILE *file = fopen(path, "rb");
  if (file == NULL) return 0;
  size_t count = fread(bytes, 1, length, file);
  fclose(file);
  return count == length && memcmp(bytes, text, length) == 0;
}

static void remove_all(const char *path) {
  DIR *directory = opendir(path);
  struct dirent *entry;
  char below[1024];
  if (directory == NULL) {
    unlink(path);
    return;
  }
  while ((entry = readdir(directory)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
    remove_all(below);
  }
  closedir(directory);
  rmdir(path);
}

static gb_report *report_of(const char *models, const char *tasks) {
  char json[8192];
  gb_plan *plan = NULL;
  gb_report *report = NULL;
  snprintf(json, sizeof json, "{\"name\":\"charts\",\"models\":[%s],\"tasks\":[%s],\"limit\":4}", models, tasks);
  CHECK("the plan parses", gb_plan_parse(&plan, json) == GB_OK);
  CHECK("the plan runs", gb_plan_run(&report, plan, NULL) == GB_OK);
  gb_plan_free(plan);
  return report;
}

static void check_one(const gb_report *report) {
  CHECK("an SVG", gb_report_chart(report, "heatmap", path_of("a.svg")) == GB_OK && begins(path_of("a.svg"), "<svg "));
  CHECK("a PNG", gb_report_chart(report, "heatmap", path_of("a.png")) == GB_OK
        && begins(path_of("a.png"), "\x89PNG\r\n\x1a\n"));
  CHECK("a PDF", gb_report_chart(report, "heatmap", path_of("a.PDF")) == GB_OK && begins(path_of("a.PDF"), "%PDF-"));
  CHECK("its numbers", gb_report_chart(report, "heatmap", path_of("a.csv")) == GB_OK
        && begins(path_of("a.csv"), "model,task,metric,score,lower,upper,samples,unscored,unit,higher_is_better\n"));
  CHECK("the times of the efficiency task, with their intervals",
        gb_report_chart(report, "efficiency", path_of("e.csv")) == GB_OK
        && begins(path_of("e.csv"), "model,prompt,prompt_tokens,output_tokens,metric,median,lower,upper"));
  CHECK("one of several of a kind, by its name", gb_report_chart(report, "latency-between-tokens", path_of("l.svg")) == GB_OK);
}

static void check_force(gb_report *report) {
  REFUSES("a file that is there", GB_INVALID_ARGUMENT, gb_report_chart(report, "heatmap", path_of("a.svg")));
  CHECK("the wish to replace", gb_report_set_force(report, 1) == GB_OK);
  CHECK("a file that is there, replaced", gb_report_chart(report, "heatmap", path_of("a.svg")) == GB_OK);
  CHECK("the wish, taken back", gb_report_set_force(report, 0) == GB_OK);
  REFUSES("a file that is there, again", GB_INVALID_ARGUMENT, gb_report_chart(report, "heatmap", path_of("a.svg")));
  REFUSES("a wish about nothing", GB_INVALID_ARGUMENT, gb_report_set_force(NULL, 1));
}

static void check_refusals(const gb_report *report) {
  REFUSES("an unknown chart", GB_INVALID_ARGUMENT, gb_report_chart(report, "heatmop", path_of("b.svg")));
  CHECK("the line names it and the nearest one",
        strstr(gb_last_error(), "heatmop") != NULL && strstr(gb_last_error(), "heatmap") != NULL);
  REFUSES("an unknown form", GB_INVALID_ARGUMENT, gb_report_chart(report, "heatmap", path_of("b.gif")));
  REFUSES("no form", GB_INVALID_ARGUMENT, gb_report_chart(report, "heatmap", path_of("b")));
  REFUSES("nothing to show", GB_INVALID_ARGUMENT, gb_report_chart(report, "differences", path_of("b.svg")));
  CHECK("the line says why", strstr(gb_last_error(), "fewer than two models") != NULL);
  REFUSES("one of a kind that is not there", GB_INVALID_ARGUMENT,
          gb_report_chart(report, "latency-parchment", path_of("b.svg")));
  CHECK("the line lists those that are", strstr(gb_last_error(), "latency-between-tokens") != NULL);
  CHECK("what is refused leaves no file", access(path_of("b.svg"), F_OK) != 0 && access(path_of("b.gif"), F_OK) != 0);
  CHECK("a folder that is not there", gb_report_chart(report, "heatmap", path_of("no/where.svg")) != GB_OK
        && error_is_a_line());
  REFUSES("a name that is no UTF-8", GB_INVALID_ARGUMENT, gb_report_chart(report, "\xff", path_of("b.svg")));
  REFUSES("no chart", GB_INVALID_ARGUMENT, gb_report_chart(report, NULL, path_of("b.svg")));
  REFUSES("no path", GB_INVALID_ARGUMENT, gb_report_chart(report, "heatmap", NULL));
  REFUSES("no report", GB_INVALID_ARGUMENT, gb_report_chart(NULL, "heatmap", path_of("b.svg")));
}

static void check_all(const gb_report *report) {
  char *json = NULL;
  CHECK("all of them in two forms", gb_report_charts(&json, report, path_of("new/figures"), "png, pdf") == GB_OK);
  CHECK("the files are listed, and lie there",
        json != NULL && strstr(json, "\"heatmap.png\"") != NULL && begins(path_of("new/figures/heatmap.png"), "\x89PNG"));
  CHECK("the other form", begins(path_of("new/figures/comparison.pdf"), "%PDF-"));
  CHECK("the numbers come along", begins(path_of("new/figures/memory.csv"), "model,weight_bytes,peak_bytes\n"));
  CHECK("no form that was not asked for", access(path_of("new/figures/heatmap.svg"), F_OK) != 0);
  CHECK("what is left out is said with its reason",
        json != NULL && strstr(json, "\"left_out\":[") != NULL && strstr(json, "\"chart\":\"ranks\"") != NULL);
  gb_string_free(json);
  CHECK("SVG where nothing is said", gb_report_charts(&json, report, path_of("plain"), NULL) == GB_OK
        && begins(path_of("plain/heatmap.svg"), "<svg ") && access(path_of("plain/heatmap.png"), F_OK) != 0);
  gb_string_free(json);
  REFUSES("an unknown form", GB_INVALID_ARGUMENT, gb_report_charts(&json, report, path_of("c"), "svg,gif"));
  CHECK("a failed call leaves nothing", json == NULL && access(path_of("c"), F_OK) != 0);
  REFUSES("no folder", GB_INVALID_ARGUMENT, gb_report_charts(&json, report, NULL, NULL));
  REFUSES("an empty folder", GB_INVALID_ARGUMENT, gb_report_charts(&json, report, "", NULL));
  REFUSES("a folder that cannot be made", GB_INPUT_OUTPUT, gb_report_charts(&json, report, "/proc/gemmabench/c", NULL));
  REFUSES("no report", GB_INVALID_ARGUMENT, gb_report_charts(&json, NULL, path_of("c"), NULL));
  REFUSES("no out", GB_INVALID_ARGUMENT, gb_report_charts(NULL, report, path_of("c"), NULL));
}

static void check_nothing(void) {
  char model[2048];
  char *json = NULL;
  /* More tokens to measure than the context holds shows once the cell runs. */
  snprintf(model, sizeof model, "{\"path\":\"%s\",\"context_length\":8}", setting("GEMMABENCH_TEST_MODEL"));
  gb_report *report = report_of(model, "{\"type\":\"efficiency\",\"output_lengths\":[16]}");
  REFUSES("a chart of a failed sweep", GB_INVALID_ARGUMENT, gb_report_chart(report, "heatmap", path_of("n.svg")));
  CHECK("all charts of a failed sweep are none", gb_report_charts(&json, report, path_of("none"), "svg") == GB_OK
        && json != NULL && strstr(json, "\"files\":[]") != NULL && access(path_of("none"), F_OK) != 0);
  gb_string_free(json);
  gb_report_free(report);
}

int main(void) {
  char model[2048];
  USE_ALL();
  snprintf(model, sizeof model, "{\"path\":\"%s\"}", setting("GEMMABENCH_TEST_MODEL"));
  CHECK("a folder to draw into", mkdtemp(folder) != NULL);
  gb_report *report = report_of(
      model, TASK ",{\"type\":\"efficiency\",\"sample_prompts\":[\"One day\"],\"output_lengths\":[3],\"repetitions\":2}");
  if (report != NULL) {
    check_one(report);
    check_force(report);
    check_refusals(report);
    check_all(report);
  }
  gb_report_free(report);
  check_nothing();
  remove_all(folder);
  return finish();
}
