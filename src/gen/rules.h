/* Written by tools/opgen.py from src/ops/. Do not edit. */
#ifndef MX_GEN_RULES_H
#define MX_GEN_RULES_H

#include "ops/rules.h"



#endif
