"""The installed library is usable from outside: headers, both libraries, pkg-config, CMake package.

Promises guarded: the .pc file and the package's targets suffice to build and run a program, and
libmlxc.so exports mlx_ names only.
"""

import os
import pathlib
import shutil
import subprocess

import pytest

BUILD = os.environ.get("MLX_BUILD_DIR")
pytestmark = pytest.mark.skipif(not BUILD, reason="MLX_BUILD_DIR names no build")

PROGRAM = """
#include <mlx/c/array.h>
int main(void) {
  mlx_array a = mlx_array_new_float(2.5f);
  int right = mlx_array_size(a) == 1 && mlx_array_dtype(a) == MLX_FLOAT32;
  mlx_array_free(a);
  return !right;
}
"""
LISTS = """
cmake_minimum_required(VERSION 3.20)
project(user C)
find_package(mlxc REQUIRED)
foreach(kind mlxc mlxc_static)
  add_executable(with_${kind} user.c)
  target_link_libraries(with_${kind} PRIVATE mlxc::${kind})
endforeach()
"""


def run(*command, cwd=None, **env):
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd,
                          env={**os.environ, **env})
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    where = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--prefix", str(where))
    (where / "user.c").write_text(PROGRAM)
    return where


def library_folder(prefix) -> pathlib.Path:
    return next(prefix.rglob("libmlxc.so")).parent


def test_pkg_config(prefix):
    libraries = library_folder(prefix)
    flags = run("pkg-config", "--cflags", "--libs", "mlxc",
                PKG_CONFIG_PATH=str(libraries / "pkgconfig")).split()
    run("cc", str(prefix / "user.c"), "-o", str(prefix / "user"), *flags)
    run(str(prefix / "user"), LD_LIBRARY_PATH=str(libraries))


def test_examples_by_pkg_config(prefix):
    """examples/c builds outside the tree with its own Makefile, and each program runs."""
    libraries, here = library_folder(prefix), prefix / "examples"
    shutil.copytree(pathlib.Path(__file__).resolve().parents[2] / "examples", here)
    run("make", "-C", str(here / "c"), f"PKG_CONFIG_PATH={libraries / 'pkgconfig'}")
    for source in here.glob("c/*.c"):
        run(str(source.with_suffix("")), LD_LIBRARY_PATH=str(libraries), cwd=prefix)


def test_cmake_package(prefix):
    project = prefix / "project"
    project.mkdir()
    (project / "CMakeLists.txt").write_text(LISTS)
    (project / "user.c").write_text(PROGRAM)
    run("cmake", "-G", "Ninja", "-S", str(project), "-B", str(project / "build"),
        f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", str(project / "build"))
    for kind in ("mlxc", "mlxc_static"):
        run(str(project / "build" / f"with_{kind}"))


def test_exports(prefix):
    symbols = run("nm", "-D", "--defined-only", str(library_folder(prefix) / "libmlxc.so"))
    names = [line.split()[-1] for line in symbols.splitlines()]
    assert names and [n for n in names if not n.startswith(("mlx_", "_mlx_"))] == []


def test_soname(prefix):
    header = run("readelf", "-d", str(library_folder(prefix) / "libmlxc.so"))
    assert "libmlxc.so.0]" in header
