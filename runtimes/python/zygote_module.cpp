// The Python extension `mayfly_zygote`: the zygote loop of src/sandbox with CPython's own care
// around a fork. Built against the stable ABI (PEP 384), so one file serves every CPython from 3.9
// on.
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x03090000
#include <Python.h>

#include "plugs.hpp"
#include "sandbox/zygote.hpp"

namespace {

// serve(rootless: bool) -> bool. Returns in a child only, inside its sandbox: whether it is parked.
PyObject* serve(PyObject*, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"rootless", nullptr};
    int rootless = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "p", const_cast<char**>(names),
                                     &rootless))
        return nullptr;
    const auto host = mayfly::sandbox::inherit_host(rootless != 0);
    if (!host) {
        PyErr_SetString(PyExc_OSError, host.error().what.c_str());
        return nullptr;
    }
    mayfly::python::plug_holes();
    const auto spec =
        mayfly::sandbox::serve_orders(*host, {.before = PyOS_BeforeFork,
                                              .after_in_parent = PyOS_AfterFork_Parent,
                                              .after_in_child = PyOS_AfterFork_Child});
    return PyBool_FromLong(spec.parked);
}

PyMethodDef methods[] = {
    {"serve", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(serve)),
     METH_VARARGS | METH_KEYWORDS, "Serve fork orders; returns in each sandboxed child."},
    {nullptr, nullptr, 0, nullptr}};
PyModuleDef module = {PyModuleDef_HEAD_INIT,
                      "mayfly_zygote",
                      nullptr,
                      -1,
                      methods,
                      nullptr,
                      nullptr,
                      nullptr,
                      nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_mayfly_zygote() { return PyModule_Create(&module); }
