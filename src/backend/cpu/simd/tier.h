// Names of what is compiled once per instruction set.
// Invariant: the build gives each copy MX_TIER (ref, avx2, avx512, avx512bf16, neon) and the
// MX_TIER_* macros of the tier and of the tiers below it; everything that a file in this folder
// exports goes through MX_SIMD, so that the copies never collide. MX_TIER_REF is set for the
// portable copy alone.
#ifndef MX_CPU_SIMD_TIER_H
#define MX_CPU_SIMD_TIER_H

#ifndef MX_TIER
#error "MX_TIER is not set: files in simd/ are compiled once per tier"
#endif

#define MX_SIMD_PASTE2(tier, name) mx_##tier##_##name
#define MX_SIMD_PASTE(tier, name) MX_SIMD_PASTE2(tier, name)
#define MX_SIMD(name) MX_SIMD_PASTE(MX_TIER, name)

#endif
