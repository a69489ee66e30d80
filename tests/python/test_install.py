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
CXX_PROGRAM = """
#include <mlx/c/mlx.h>
#include <vector>
int main() {
  std::vector<float> v{1, 2, 3, 4};
  int shape[] = {2, 2};
  mlx_array a = mlx_array_new_data(v.data(), shape, 2, MLX_FLOAT32);
  mlx_closure f = mlx_closure_new_unary([](mlx_array *res, const mlx_array x) {
    return mlx_matmul(res, x, x, mlx_stream{});
  });
  mlx_vector_array in = mlx_vector_array_new_value(a), out = mlx_vector_array_new();
  bool bad = mlx_closure_apply(&out, f, in) || mlx_vector_array_get(&a, out, 0) ||
             mlx_array_data_float32(a)[3] != 22;
  mlx_closure_free(f);
  mlx_vector_array_free(in);
  mlx_vector_array_free(out);
  mlx_array_free(a);
  return bad;
}
"""
LISTS = """
cmake_minimum_required(VERSION 3.20)
project(user LANGUAGE)
find_package(mlxc REQUIRED)
foreach(kind mlxc mlxc_static)
  add_executable(with_${kind} SOURCE)
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


@pytest.mark.parametrize("language, source, program", [("C", "user.c", PROGRAM),
                                                       ("CXX", "user.cc", CXX_PROGRAM)])
def test_cmake_package(prefix, language, source, program):
    project = prefix / f"project_{language}"
    project.mkdir()
    lists = LISTS.replace("LANGUAGE", language).replace("SOURCE", source)
    (project / "CMakeLists.txt").write_text(lists)
    (project / source).write_text(program)
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
