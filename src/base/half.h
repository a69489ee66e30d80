// Scalar conversions between float and the 16-bit float formats, held as their bits.
// Invariant: to-16-bit rounds to nearest even, overflows to infinity, keeps the sign of zero, and
// turns every NaN into a quiet NaN of the same sign with the top payload bits. No libm, no
// dependence on the rounding of any instruction set: all tiers agree with these bit for bit.
#ifndef MX_BASE_HALF_H
#define MX_BASE_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint32_t mx_f32_bits(float x) {
  uint32_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}

static inline float mx_bits_f32(uint32_t u) {
  float x;
  memcpy(&x, &u, sizeof x);
  return x;
}

static inline float mx_bf16_to_f32(uint16_t h) { return mx_bits_f32((uint32_t)h << 16); }

static inline uint16_t mx_f32_to_bf16(float x) {
  uint32_t u = mx_f32_bits(x);
  uint32_t rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
  uint32_t nan = (u >> 16) | 0x40;
  return (uint16_t)((u & 0x7fffffff) > 0x7f800000 ? nan : rounded);
}

static inline float mx_f16_to_f32(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, body = (uint32_t)(h & 0x7fff) << 13;
  // The value of a subnormal half is its fraction times 2^-24: exact in float.
  float small = (float)(h & 0x3ff) * 0x1p-24f;
  uint32_t quiet = (h & 0x7fff) > 0x7c00 ? 0x400000 : 0;
  uint32_t bits = (h & 0x7c00) == 0        ? mx_f32_bits(small)
                  : (h & 0x7c00) == 0x7c00 ? (body + (224u << 23)) | quiet
                                           : body + (112u << 23);
  return mx_bits_f32(sign | bits);
}

static inline uint16_t mx_f32_to_f16(float x) {
  uint32_t u = mx_f32_bits(x), sign = (u >> 16) & 0x8000, a = u & 0x7fffffff;
  uint32_t normal = (a + 0xfff + ((a >> 13) & 1) - (112u << 23)) >> 13;
  // Adding 0.5 leaves |x| in units of 2^-24 in the low bits, rounded by the adder.
  uint32_t small = mx_f32_bits(mx_bits_f32(a < 0x38800000 ? a : 0) + 0.5f) - 0x3f000000;
  uint32_t nan = 0x7e00 | ((a >> 13) & 0x3ff);
  uint32_t h = a > 0x7f800000   ? nan
               : a >= 0x47800000 ? 0x7c00
               : a < 0x38800000  ? small
                                 : normal;
  return (uint16_t)(sign | h);
}

#endif
