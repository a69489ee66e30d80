/* The release of MLX whose names and behaviour this library follows. Programs ask for it
 * (`mx.__version__`, mlx_version) to know what they may use; the project's own version is MX_VERSION. */
#ifndef MX_BASE_VERSION_H
#define MX_BASE_VERSION_H

#define MX_MLX_VERSION "0.32.4"

#endif
