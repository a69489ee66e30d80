// Promises: chat templates render to what Jinja2 gives as transformers sets it up, and fail where
// it fails, with the template's own message; what is refused is refused by name; hostile templates
// end in an error within their budgets; a failed allocation is an error and leaks nothing; a
// template may be rendered from several threads.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "lm/error.h"
#include "lm/jinja.h"

// ---- helpers ----

// The recorded date: Friday, 31 January 2025, 13:05:09.
static const struct tm recorded = {.tm_year = 125,
                                   .tm_mday = 31,
                                   .tm_hour = 13,
                                   .tm_min = 5,
                                   .tm_sec = 9,
                                   .tm_wday = 5,
                                   .tm_yday = 30};

static char *read_file(const char *name, size_t *len) {
  char path[512];
  const char *root = getenv("MLX_TEST_DATA");
  snprintf(path, sizeof path, "%s/jinja/%s", root ? root : "tests/data", name);
  FILE *f = fopen(path, "rb");
  if (!f) fail_msg("%s cannot be opened", path);
  assert_int_equal(fseek(f, 0, SEEK_END), 0);
  long size = ftell(f);
  assert_true(size >= 0);
  rewind(f);
  char *data = malloc((size_t)size + 1);
  assert_non_null(data);
  *len = fread(data, 1, (size_t)size, f);
  fclose(f);
  assert_int_equal(*len, size);
  data[size] = '\0';
  return data;
}

static json_t *load_json(const char *name) {
  size_t len;
  char *text = read_file(name, &len);
  json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
  assert_non_null(root);
  free(text);
  return root;
}

static int render(const char *text, size_t len, const json_t *context,
                  const lm_jinja_limits *limits, char **out, size_t *n) {
  lm_jinja *t;
  *out = NULL;
  lm_error_clear();
  if (lm_jinja_compile(text, len, &t)) return 1;
  int rc = lm_jinja_render(t, context, limits, out, n);
  lm_jinja_free(t);
  return rc;
}

static void check_case(const char *name, const char *text, size_t len, const json_t *context,
                       const json_t *want) {
  const lm_jinja_limits limits = {.now = &recorded};
  const json_t *o = json_object_get(want, "o"), *e = json_object_get(want, "e");
  char *out;
  size_t n;
  int rc = render(text, len, context, &limits, &out, &n);
  if (o) {
    if (rc) fail_msg("%s: %s", name, lm_error_text());
    if (n != json_string_length(o) || memcmp(out, json_string_value(o), n))
      fail_msg("%s: got\n%s\nwant\n%s", name, out, json_string_value(o));
    assert_int_equal(out[n], 0);
  } else {
    if (!rc) fail_msg("%s: an error was expected, got\n%s", name, out);
    if ((lm_error_kind() == LM_UNSUPPORTED) != (e == NULL))
      fail_msg("%s: %s", name, lm_error_text());
    if (e && !strstr(lm_error_text(), json_string_value(e)))
      fail_msg("%s: '%s' does not have '%s'", name, lm_error_text(), json_string_value(e));
    if (!strstr(lm_error_text(), "line ")) fail_msg("%s: no line in '%s'", name, lm_error_text());
  }
  free(out);
}

// ---- against the oracle ----

static void test_snippets(void **state) {
  (void)state;
  json_t *root = load_json("snippets.json"), *c;
  size_t i, cases = json_array_size(json_object_get(root, "cases"));
  assert_true(cases > 300);
  json_array_foreach(json_object_get(root, "cases"), i, c) {
    const json_t *t = json_object_get(c, "t");
    check_case(json_string_value(t), json_string_value(t), json_string_length(t),
               json_object_get(root, "context"), c);
  }
  json_decref(root);
}

static void test_chats(void **state) {
  (void)state;
  json_t *root = load_json("chats.json"), *c;
  char loaded[80] = "", *text = NULL;
  size_t i, len = 0;
  json_array_foreach(json_object_get(root, "cases"), i, c) {
    char file[80], name[96];
    json_int_t at = json_integer_value(json_object_get(c, "c"));
    snprintf(file, sizeof file, "templates/%s", json_string_value(json_object_get(c, "t")));
    snprintf(name, sizeof name, "%s[%d]", file, (int)at);
    if (strcmp(file, loaded)) {
      free(text);
      text = read_file(file, &len);
      memcpy(loaded, file, sizeof file);
    }
    check_case(name, text, len, json_array_get(json_object_get(root, "contexts"), (size_t)at), c);
  }
  free(text);
  json_decref(root);
}

// ---- errors and budgets ----

static void expect_error(const char *text, const lm_jinja_limits *limits, lm_kind kind,
                         const char *part) {
  json_t *context = json_object();
  char *out;
  if (!render(text, strlen(text), context, limits, &out, NULL)) fail_msg("%s rendered", text);
  if (lm_error_kind() != kind)
    fail_msg("%s: kind %d, %s", text, (int)lm_error_kind(), lm_error_text());
  if (!strstr(lm_error_text(), part)) fail_msg("%s: '%s' lacks '%s'", text, lm_error_text(), part);
  json_decref(context);
}

static void test_errors(void **state) {
  (void)state;
  expect_error("a\nb\n{{ 1 + }}", NULL, LM_DAMAGED, "line 3");
  expect_error("a\n{{ x.y }}", NULL, LM_FAILED, "line 2: 'x' is undefined");
  expect_error("{{ raise_exception('No.') }}", NULL, LM_FAILED, "line 1: No.");
  expect_error("{% block x %}{% endblock %}", NULL, LM_UNSUPPORTED, "'block'");
  expect_error("\n\n{{ 'a'|urlize }}", NULL, LM_UNSUPPORTED, "line 3: the filter 'urlize'");
  expect_error("\xff", NULL, LM_DAMAGED, "UTF-8");
  lm_jinja *t;
  char *out;
  assert_int_equal(lm_jinja_compile("x", 1, &t), 0);
  assert_int_not_equal(lm_jinja_render(t, json_null(), NULL, &out, NULL), 0);
  assert_int_equal(lm_error_kind(), LM_BAD_ARGUMENT);
  lm_jinja_free(t);
  lm_jinja_free(NULL);
}

static void test_budgets(void **state) {
  (void)state;
  const lm_jinja_limits few = {.steps = 100000},
                        small = {.output_bytes = 1000, .memory_bytes = 1 << 20};
  expect_error("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
               NULL, LM_FAILED, "steps");
  expect_error("{% for a in range(99999) %}{{ a }}{% endfor %}", &few, LM_FAILED, "steps");
  expect_error("{{ 'x' * 2000 }}", &small, LM_FAILED, "output");
  expect_error(
      "{% set ns = namespace(l=[1, 2]) %}{% for i in range(40) %}{% set ns.l = ns.l + ns.l %}"
      "{% endfor %}",
      &small, LM_FAILED, "memory");
  expect_error(
      "{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}"
      "{% endfor %}",
      NULL, LM_FAILED, "output");
  expect_error("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", NULL, LM_FAILED,
               "nested too deep");
  expect_error("{% set ns = namespace() %}{% set ns.a = [ns] %}{{ ns }}", NULL, LM_FAILED,
               "nested too deep");
  expect_error("{{ '%99999999d' % 5 }}", NULL, LM_FAILED, "too wide");
  expect_error("{{ ('a' * 300000 ~ 'b').count('a' * 100000 ~ 'c') ~ range(999999) }}", NULL,
               LM_FAILED, "Range too big");
}

static void test_nesting(void **state) {
  (void)state;
  static const struct {
    const char *before, *open, *middle, *close, *after;
  } deep[] = {{"{{ ", "(", "1", ")", " }}"},           {"{{ ", "[", "1", "]", " }}"},
              {"{{ ", "{1:", "1", "}", " }}"},         {"{{ ", "-", "1", "", " }}"},
              {"{{ ", "not ", "1", "", " }}"},         {"{{ ", "x[", "1", "]", " }}"},
              {"{{ ", "1 if 1 else ", "1", "", " }}"}, {"", "{% if 1 %}", "x", "{% endif %}", ""},
              {"{{ 1", "|default(1", "", ")", " }}"},  {"{{ x", " is in(x", "", ")", " }}"},
              {"{{ 1", "+1", "", "", " }}"},           {"{{ x", ".y", "", "", " }}"},
              {"{{ x", "|list", "", "", " }}"},        {"{% set ", "(", "x", ")", " = 1 %}"}};
  for (size_t k = 0; k < sizeof deep / sizeof *deep; k++) {
    size_t n = 20000, a = strlen(deep[k].open), c = strlen(deep[k].close), at;
    char *text = malloc(n * (a + c) + 64);
    at = (size_t)sprintf(text, "%s", deep[k].before);
    for (size_t i = 0; i < n; i++, at += a) memcpy(text + at, deep[k].open, a);
    at += (size_t)sprintf(text + at, "%s", deep[k].middle);
    for (size_t i = 0; i < n; i++, at += c) memcpy(text + at, deep[k].close, c);
    sprintf(text + at, "%s", deep[k].after);
    expect_error(text, NULL, k < 10 || k == 13 ? LM_DAMAGED : LM_FAILED, "nested too deep");
    free(text);
  }
}

static void test_deep_context(void **state) {
  (void)state;
  json_t *deep = json_integer(1), *context = json_object();
  char *out;
  for (int i = 0; i < 1500; i++) deep = json_pack("[o]", deep);
  json_object_set_new(context, "deep", deep);
  assert_int_not_equal(render("x", 1, context, NULL, &out, NULL), 0);
  assert_non_null(strstr(lm_error_text(), "nested too deep"));
  json_decref(context);
}

// ---- a failed allocation ----

#ifdef COUNTS_ALLOCATIONS
static void test_allocations(void **state) {
  (void)state;
  static const char *const files[] = {"templates/gpt_oss.jinja", "templates/command_r.jinja",
                                      "templates/qwen3.jinja"};
  json_t *root = load_json("chats.json"), *contexts = json_object_get(root, "contexts");
  const json_t *context = json_array_get(contexts, 23);
  const lm_jinja_limits limits = {.now = &recorded};
  for (size_t k = 0; k < 3; k++) {
    size_t len;
    char *text = read_file(files[k], &len), *out = NULL;
    bool done = false;
    for (long i = 0; !done; i++) {
      long before = blocks_alive;
      allocations_left = i;
      int rc = render(text, len, context, &limits, &out, NULL);
      done = allocations_left >= 0;
      allocations_left = -1;
      if (!done) {
        assert_int_not_equal(rc, 0);
        assert_int_equal(lm_error_kind(), LM_MEMORY);
      }
      free(out);
      assert_int_equal(blocks_alive, before);
    }
    free(text);
  }
  json_decref(root);
}
#endif

// ---- threads ----

typedef struct shared {
  const lm_jinja *tpl;
  const json_t *context;
} shared;

static void *render_often(void *arg) {
  const shared *s = arg;
  for (int i = 0; i < 200; i++) {
    char *out;
    if (lm_jinja_render(s->tpl, s->context, NULL, &out, NULL)) return "failed";
    int same = !strcmp(out, "1:a 2:b ");
    free(out);
    if (!same) return "differs";
  }
  return NULL;
}

static void test_threads(void **state) {
  (void)state;
  static const char text[] = "{% for x in l %}{{ loop.index ~ ':' ~ x }} {% endfor %}";
  json_t *context = json_pack("{s:[s,s]}", "l", "a", "b");
  lm_jinja *t;
  assert_int_equal(lm_jinja_compile(text, sizeof text - 1, &t), 0);
  shared s = {t, context};
  pthread_t threads[4];
  for (int i = 0; i < 4; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, render_often, &s), 0);
  for (int i = 0; i < 4; i++) {
    void *problem;
    assert_int_equal(pthread_join(threads[i], &problem), 0);
    assert_null(problem);
  }
  lm_jinja_free(t);
  json_decref(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_snippets),    cmocka_unit_test(test_chats),
      cmocka_unit_test(test_errors),      cmocka_unit_test(test_budgets),
      cmocka_unit_test(test_nesting),     cmocka_unit_test(test_deep_context),
#ifdef COUNTS_ALLOCATIONS
      cmocka_unit_test(test_allocations),
#endif
      cmocka_unit_test(test_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
