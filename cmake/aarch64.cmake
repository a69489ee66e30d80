# Cross build for arm64 Linux with Debian's gcc-aarch64-linux-gnu; tests run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static;-L;/usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

# pkg-config may only answer for the target: the libraries that `./dev arm64` unpacked, else those of
# Debian's multiarch folder.
set(mlxc_target_root ${CMAKE_CURRENT_LIST_DIR}/../build/arm64-root)
if(EXISTS ${mlxc_target_root})
  get_filename_component(mlxc_target_root ${mlxc_target_root} REALPATH)
  set(ENV{PKG_CONFIG_SYSROOT_DIR} ${mlxc_target_root})
  set(ENV{PKG_CONFIG_ALLOW_SYSTEM_CFLAGS} 1)
  set(ENV{PKG_CONFIG_ALLOW_SYSTEM_LIBS} 1)
else()
  set(mlxc_target_root "")
endif()
set(ENV{PKG_CONFIG_LIBDIR} ${mlxc_target_root}/usr/lib/aarch64-linux-gnu/pkgconfig)
