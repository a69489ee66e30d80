// Promise: no chat template and no context crashes, hangs, leaks or gives text that is not UTF-8.
// Input: a template, a NUL, and a JSON context; without a NUL the context is a small chat with
// tools.
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lm/jinja.h"

static const char chat[] =
    "{\"messages\":[{\"role\":\"system\",\"content\":\"Be "
    "\\\"nice\\\"\"},{\"role\":\"user\",\"content\":\"h\\u00e9 \xe4\xbd\xa0\"},"
    "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"a23456789\",\"type\":"
    "\"function\",\"function\":"
    "{\"name\":\"f\",\"arguments\":{\"x\":[1,2.5,true]}}}]},{\"role\":\"tool\",\"content\":\"4\"}],"
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
    "\"parameters\":{\"type\":"
    "\"object\",\"properties\":{\"x\":{\"type\":\"array\",\"items\":{\"type\":\"number\"}}}}}}],"
    "\"add_generation_prompt\":true,\"bos_token\":\"<s>\",\"eos_token\":\"</s>\",\"s\":\"Hello, "
    "W\\u00f6rld\","
    "\"l\":[3,1,2],\"d\":{\"b\":1,\"a\":\"x\"},\"n\":7,\"f\":2.5,\"t\":true,\"nil\":null}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data, *end = memchr(text, 0, size);
  size_t len = end ? (size_t)(end - text) : size, n;
  json_t *context = end ? json_loadb(end + 1, size - len - 1, 0, NULL) : json_loads(chat, 0, NULL);
  const struct tm now = {.tm_year = 125, .tm_mday = 31};
  const lm_jinja_limits limits = {.steps = 200000,
                                  .output_bytes = 1 << 20,
                                  .memory_bytes = 32 << 20,
                                  .depth = 300,
                                  .now = &now};
  lm_jinja *t;
  char *out;
  if (json_is_object(context) && !lm_jinja_compile(text, len, &t)) {
    if (!lm_jinja_render(t, context, &limits, &out, &n)) {
      const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)out;
      for (size_t at = 0; at < n;) {
        utf8proc_int32_t cp;
        utf8proc_ssize_t step = utf8proc_iterate(p + at, (utf8proc_ssize_t)(n - at), &cp);
        if (step <= 0) abort();
        at += (size_t)step;
      }
      if (out[n]) abort();
      free(out);
    }
    lm_jinja_free(t);
  }
  json_decref(context);
  return 0;
}
