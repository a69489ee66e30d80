/* Bytes and characters for the tokenizer: growing buffers, strict UTF-8, character classes and the
 * byte-level alphabet. Keeps nothing. */
#include "lm/tokenizer_impl.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "lm/error.h"

int lm_buf_reserve(lm_buf *b, size_t more) {
  if (more <= b->cap - b->len) return 0;
  if (more > SIZE_MAX / 4 - b->len) return lm_nomem("tokenizer");
  size_t cap = b->cap + b->cap / 2;
  if (cap < b->len + more) cap = b->len + more;
  if (cap < 32) cap = 32;
  char *data = realloc(b->data, cap);
  if (!data) return lm_nomem("tokenizer");
  b->data = data;
  b->cap = cap;
  return 0;
}

int lm_buf_add(lm_buf *b, const void *data, size_t len) {
  if (lm_buf_reserve(b, len)) return 1;
  if (len) memcpy(b->data + b->len, data, len);
  b->len += len;
  return 0;
}

int lm_buf_add_char(lm_buf *b, uint32_t c) {
  if (lm_buf_reserve(b, 4)) return 1;
  b->len += (size_t)utf8proc_encode_char((utf8proc_int32_t)c, (utf8proc_uint8_t *)b->data + b->len);
  return 0;
}

void lm_buf_free(lm_buf *b) {
  free(b->data);
  *b = (lm_buf){0};
}

/* The range of the second byte narrows after E0, ED, F0 and F4 (Unicode, table 3-7). */
int lm_utf8_next(const char *p, size_t len, uint32_t *c) {
  const unsigned char *s = (const unsigned char *)p;
  unsigned lead = s[0];
  if (lead < 0x80) {
    *c = lead;
    return 1;
  }
  if (lead < 0xC2 || lead > 0xF4) return -1;
  int need = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  uint32_t value = lead & (0xFFu >> (need + 1));
  for (int i = 1; i < need; i++) {
    if ((size_t)i >= len) return 0;
    if (s[i] < low || s[i] > high) return -i;
    value = value << 6 | (s[i] & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  *c = value;
  return need;
}

size_t lm_utf8_get(const char *p, uint32_t *c) {
  const unsigned char *s = (const unsigned char *)p;
  if (s[0] < 0x80) {
    *c = s[0];
    return 1;
  }
  if (s[0] < 0xE0) {
    *c = (s[0] & 0x1Fu) << 6 | (s[1] & 0x3Fu);
    return 2;
  }
  if (s[0] < 0xF0) {
    *c = (s[0] & 0x0Fu) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu);
    return 3;
  }
  *c = (s[0] & 0x07u) << 18 | (s[1] & 0x3Fu) << 12 | (s[2] & 0x3Fu) << 6 | (s[3] & 0x3Fu);
  return 4;
}

size_t lm_utf8_check(const char *p, size_t len) {
  size_t i = 0;
  while (i < len) {
    uint64_t eight;
    if (len - i >= 8 && (memcpy(&eight, p + i, 8), !(eight & 0x8080808080808080u))) {
      i += 8;
      continue;
    }
    uint32_t c;
    int n = lm_utf8_next(p + i, len - i, &c);
    if (n <= 0) break;
    i += (size_t)n;
  }
  return i;
}

bool lm_char_is_space(uint32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool lm_char_is_numeric(uint32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
  return k == UTF8PROC_CATEGORY_ND || k == UTF8PROC_CATEGORY_NL || k == UTF8PROC_CATEGORY_NO;
}

bool lm_char_is_punctuation(uint32_t c) {
  if (c < 0x80)
    return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
           (c >= 123 && c <= 126);
  utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
  return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

/* Printable Latin-1 stands for itself; the other 68 bytes follow from U+0100 in their order. */
uint32_t lm_byte_to_char(uint8_t byte) {
  if ((byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD)) return byte;
  if (byte <= ' ') return 0x100u + byte;
  if (byte == 0xAD) return 0x143;
  return 0x100u + 33 + (byte - 0x7Fu);
}

int lm_char_to_byte(uint32_t c) {
  if (c < 0x100) return (c >= '!' && c <= '~') || (c >= 0xA1 && c != 0xAD) ? (int)c : -1;
  if (c <= 0x120) return (int)(c - 0x100);
  if (c <= 0x142) return (int)(c - 0x121 + 0x7F);
  return c == 0x143 ? 0xAD : -1;
}

int lm_byte_map(lm_buf *out, const char *p, size_t len) {
  if (len > SIZE_MAX / 4 || lm_buf_reserve(out, len * 2)) return lm_nomem("tokenizer");
  for (size_t i = 0; i < len; i++) {
    uint32_t c = lm_byte_to_char((uint8_t)p[i]);
    if (c < 0x80) {
      out->data[out->len++] = (char)c;
    } else {
      out->data[out->len++] = (char)(0xC0 | c >> 6);
      out->data[out->len++] = (char)(0x80 | (c & 0x3F));
    }
  }
  return 0;
}
