/* Owns the facts of primitives, from the op table, and the dtype rules of elementwise ones. */
#include "core/prim.h"

#include <string.h>

#include "base/error.h"

typedef struct row {
  const char *name;
  unsigned char class, rule;
  signed char n_in;
  unsigned flags;
} row;

static const row rows[MX_PRIM_COUNT] = {
#define MX_PRIM_ROW(ID, name, class, n_in, rule, flags) \
  [MX_PRIM_##ID] = {name, MX_CLASS_##class, MX_TYPES_##rule, n_in, flags},
#include "gen/prims_info.inc"
#undef MX_PRIM_ROW
};

const char *mx_prim_name(int prim) {
  return rows[prim].name;
}

/* What is more than a name with its words run together. */
static const char *const titles[][2] = {
    {"addmm", "AddMM"},
    {"arccos", "ArcCos"},
    {"arccosh", "ArcCosh"},
    {"arcsin", "ArcSin"},
    {"arcsinh", "ArcSinh"},
    {"arctan", "ArcTan"},
    {"arctan2", "ArcTan2"},
    {"arctanh", "ArcTanh"},
    {"argpartition", "ArgPartition"},
    {"argsort", "ArgSort"},
    {"astype", "AsType"},
    {"broadcast_to", "Broadcast"},
    {"conv_general", "Convolution"},
    {"erfinv", "ErfInv"},
    {"fft", "FFT"},
    {"gather_mm", "GatherMM"},
    {"gather_qmm", "GatherQMM"},
    {"hadamard_transform", "Hadamard"},
    {"logaddexp", "LogAddExp"},
    {"logsumexp", "LogSumExp"},
    {"lu_factor", "LUF"},
    {"put_along_axis", "ScatterAxis"},
    {"qr", "QRF"},
    {"rms_norm", "RMSNorm"},
    {"rope", "RoPE"},
    {"searchsorted", "SearchSorted"},
    {"segmented_mm", "SegmentedMM"},
    {"slice_dynamic", "DynamicSlice"},
    {"slice_update_dynamic", "DynamicSliceUpdate"},
    {"svd", "SVD"},
    {"take_along_axis", "GatherAxis"},
    {"where", "Select"},
};

mx_title mx_prim_title(int prim) {
  mx_title title = {{0}};
  const char *name = rows[prim].name;
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
    if (!strcmp(titles[i][0], name)) {
      strncpy(title.text, titles[i][1], sizeof title.text - 1);
      return title;
    }
  bool word = true;
  for (size_t n = 0; *name && n < sizeof title.text - 1; name++) {
    bool small = *name >= 'a' && *name <= 'z';
    if (*name != '_') title.text[n++] = (char)(word && small ? *name - 'a' + 'A' : *name);
    word = *name == '_';
  }
  return title;
}

int mx_prim_inputs(int prim) {
  return rows[prim].n_in;
}

bool mx_prim_elementwise(int prim) {
  return prim < MX_PRIM_ELEMENTWISE_COUNT;
}

bool mx_prim_view(int prim) {
  return rows[prim].class == MX_CLASS_VIEW;
}

bool mx_prim_payload(int prim) {
  return rows[prim].flags & MX_FLAG_PAYLOAD;
}

static bool refused(unsigned flags, mlx_dtype t) {
  switch (mx_dtype_kind(t)) {
  case MX_KIND_BOOL:
    return flags & MX_REFUSE_BOOL;
  case MX_KIND_UINT:
  case MX_KIND_INT:
    return flags & MX_REFUSE_INT;
  case MX_KIND_COMPLEX:
    return flags & MX_REFUSE_COMPLEX;
  default:
    return (flags & MX_REFUSE_FLOAT) || (t == MLX_FLOAT64 && (flags & MX_REFUSE_FLOAT64)) ||
           ((t == MLX_FLOAT16 || t == MLX_BFLOAT16) && (flags & MX_REFUSE_HALF));
  }
}

static mlx_dtype common(int rule, mlx_dtype t) {
  if (rule == MX_TYPES_FLOAT)
    return mx_at_least_float(t);
  return rule == MX_TYPES_SHIFT && t == MLX_BOOL ? MLX_UINT8 : t;
}

int mx_prim_types(int prim, int n, const mlx_dtype *in, mlx_dtype *want, mlx_dtype *result) {
  const row *r = &rows[prim];
  int first = r->rule == MX_TYPES_SELECT; /* its condition is bool, whatever the others are */
  mlx_dtype t = in[first];
  for (int i = first + 1; i < n; i++)
    t = mx_promote(t, in[i]);
  t = common(r->rule, t);
  if (refused(r->flags, t))
    return mx_fail(r->flags & MX_FLAG_RUNTIME_ERROR ? MX_RUNTIME : MX_VALUE,
                   "[%s] dtype %s is not supported", r->name, mx_dtype_name(t));
  for (int i = 0; i < n; i++)
    want[i] = first && i == 0 ? MLX_BOOL : t;
  *result = r->flags & MX_FLAG_BOOL_RESULT                              ? MLX_BOOL
            : (r->flags & MX_FLAG_REAL_RESULT) && t == MLX_COMPLEX64 ? MLX_FLOAT32
                                                                       : t;
  return 0;
}
