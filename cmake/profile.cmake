# Which ways calls usually go through the server, for the compiler (docs/decisions/0058). `use` tells it what
# calls.proftext says; `make` has the server write that down while it runs: ./dev train does both.
set(MAYFLY_PROFILE "" CACHE STRING "make, use or nothing")
set(calls ${PROJECT_SOURCE_DIR}/cmake/calls.proftext)
if(MAYFLY_PROFILE)  # functions of one file go by its name, wherever this tree lies
    add_compile_options("SHELL:-mllvm -static-func-full-module-prefix=false")
endif()
if(MAYFLY_PROFILE STREQUAL "make")
    add_compile_options(-fprofile-generate -fprofile-update=atomic)
    add_link_options(-fprofile-generate)
elseif(MAYFLY_PROFILE STREQUAL "use")
    find_program(PROFDATA llvm-profdata-19 REQUIRED)
    execute_process(COMMAND ${PROFDATA} merge ${calls} -o ${PROJECT_BINARY_DIR}/calls.profdata COMMAND_ERROR_IS_FATAL ANY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${calls})
    # What has changed since it was made is compiled as if nothing were known.
    add_compile_options(-fprofile-use=${PROJECT_BINARY_DIR}/calls.profdata -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled
        -Wno-backend-plugin)
endif()
