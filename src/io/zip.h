/* Zip files as far as npz needs them: members that are stored or deflated, and ZIP64. */
#ifndef MX_IO_ZIP_H
#define MX_IO_ZIP_H

#include "io/file.h"

/* ---- reading ---- */

typedef struct mx_zip_member {
  char *name; /* len bytes and a NUL */
  size_t len;
  uint16_t method;
  uint32_t crc;
  uint64_t packed, size; /* bytes in the file, bytes unpacked */
  uint64_t begin, data;  /* where its header and its bytes stand in the source */
} mx_zip_member;

typedef struct mx_zip {
  mx_zip_member *members;
  size_t n;
} mx_zip;

/* Reads the directory. No two members share a byte, all lie within the source. Free it also when
 * this failed. */
int mx_zip_open(mx_zip *zip, const mx_source *src);
void mx_zip_free(mx_zip *zip);
/* The member's bytes, unpacked, their checksum compared. Close the source. */
int mx_zip_source(mx_source *member, const mx_source *src, const mx_zip_member *m);

/* ---- writing ---- */

typedef struct mx_zip_out {
  mx_sink *out;
  uint64_t at;   /* bytes written */
  mx_zip zip;    /* what the directory will list */
  size_t room;
} mx_zip_out;

/* Writes what `put` writes to its sink as a member. Without compression put runs twice, and must
 * write the same bytes: the first time only to learn their number and checksum. */
int mx_zip_add(mx_zip_out *z, const char *name, bool compressed, uint64_t size_hint,
               int (*put)(mx_sink *sink, void *ctx), void *ctx);
/* Writes the directory. */
int mx_zip_finish(mx_zip_out *z);
void mx_zip_out_free(mx_zip_out *z);

#endif
