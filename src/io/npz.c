/* See npz.h: which zip member is which array. */
#include "io/npz.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/npy.h"
#include "io/zip.h"

static int load_member(mx_table *t, const mx_source *src, const mx_zip_member *m) {
  mx_source bytes;
  size_t len = m->len;
  if (len && m->name[len - 1] == '/' && m->size == 0) /* a folder */
    return 0;
  if (len >= 4 && memcmp(m->name + len - 4, ".npy", 4) == 0)
    len -= 4;
  mx_array *a = mx_zip_source(&bytes, src, m) ? NULL : mx_load_npy(&bytes);
  mx_source_close(&bytes);
  return !a || mx_table_add(t, src->op, m->name, len, a, NULL);
}

int mx_load_npz(mx_table *t, const mx_source *src) {
  mx_zip zip;
  int bad = mx_zip_open(&zip, src);
  for (size_t i = 0; i < zip.n && !bad; i++)
    bad = load_member(t, src, &zip.members[i]);
  mx_zip_free(&zip);
  return bad || mx_table_seal(t, src->op, "member");
}

static int put_npy(mx_sink *sink, void *ctx) {
  return mx_save_npy(sink, ctx);
}

static int save_member(mx_zip_out *z, const mx_entry *e, bool compressed) {
  size_t n = strlen(e->name);
  char *name = malloc(n + 5);
  if (!name)
    return mx_nomem(z->out->op);
  memcpy(name, e->name, n);
  memcpy(name + n, ".npy", 5);
  uint64_t header = 2048;
  int bad = mx_eval1(e->array) ||
            mx_zip_add(z, name, compressed, mx_nbytes(e->array) + header, put_npy, e->array);
  free(name);
  return bad;
}

int mx_save_npz(mx_sink *out, const mx_table *t, bool compressed) {
  mx_zip_out z = {.out = out};
  int bad = 0;
  for (size_t i = 0; i < t->n && !bad; i++)
    bad = save_member(&z, &t->entries[i], compressed);
  bad = bad || mx_zip_finish(&z);
  mx_zip_out_free(&z);
  return bad;
}
