// A template: the loops of one integer type, or of one width. Set before each inclusion: EW_TYPE,
// the element; EW_VALUE, the type that expressions compute in; EW_NAME; EW_ROWS, the rows;
// EW_SET(prim, fn), which tables take a loop.
#define EW_FN(P) EW_PASTE3(ew_, EW_NAME, P)
#define EW_OUT__ EW_TYPE
#define EW_OUT_b uint8_t
#define MX_EW1(P, R, E) EW_LOOP1(EW_FN(P), EW_OUT_##R, EW_TYPE, EW_VALUE, (EW_OUT_##R), E)
#define MX_EW2(P, R, E) EW_LOOP2(EW_FN(P), EW_OUT_##R, EW_TYPE, EW_VALUE, (EW_OUT_##R), E)
#define MX_EW3(P, R, E) EW_LOOP3(EW_FN(P), EW_OUT_##R, EW_TYPE, EW_VALUE, (EW_OUT_##R), E)
#include EW_ROWS
#undef MX_EW1
#undef MX_EW2
#undef MX_EW3

static void EW_PASTE3(fill_, EW_NAME, rows)(mx_ew_kernels *k) {
#define MX_EW1(P, R, E) EW_SET(MX_PRIM_##P, EW_FN(P));
#define MX_EW2(P, R, E) EW_SET(MX_PRIM_##P, EW_FN(P));
#define MX_EW3(P, R, E) EW_SET(MX_PRIM_##P, EW_FN(P));
#include EW_ROWS
#undef MX_EW1
#undef MX_EW2
#undef MX_EW3
}

#undef EW_FN
#undef EW_OUT__
#undef EW_OUT_b
#undef EW_TYPE
#undef EW_VALUE
#undef EW_NAME
#undef EW_ROWS
#undef EW_SET
