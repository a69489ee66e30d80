"""Names of functions, by the class that the recorded expressions treat alike."""

UNARY = """abs negative sign square sqrt rsqrt reciprocal exp expm1 log log2 log10 log1p sin cos tan
    arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh sigmoid erf erfinv floor ceil trunc
    isnan isinf isfinite isposinf isneginf logical_not bitwise_invert real imag conjugate degrees
    radians positive stop_gradient nan_to_num""".split()
BINARY = """add subtract multiply divide floor_divide remainder power maximum minimum logaddexp arctan2
    equal not_equal greater greater_equal less less_equal logical_and logical_or logical_xor
    bitwise_and bitwise_or bitwise_xor left_shift right_shift""".split()
REDUCTIONS = "sum prod min max all any mean var std logsumexp argmin argmax median".split()
SCANS = "cumsum cumprod cummax cummin logcumsumexp".split()
