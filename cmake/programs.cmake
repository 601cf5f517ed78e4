# Optimizes `target` and what it is made of as a whole (ThinLTO); what has not changed is cached.
function(whole_program target)
    target_compile_options(${target} PRIVATE ${WHOLE_PROGRAM})
    if(MAYFLY_WHOLE_PROGRAM)
        target_link_options(${target} PRIVATE ${WHOLE_PROGRAM} -fuse-ld=lld
            -Wl,--thinlto-cache-dir=${PROJECT_BINARY_DIR}/thinlto)
    endif()
endfunction()

# The programs. `mayfly` is server and command line in one; `mayfly-launch` is the small privileged part,
# `mayfly-net` carries what functions say to the internet.
if(EXISTS ${PROJECT_SOURCE_DIR}/src/main/mayfly_main.cpp)
    add_executable(mayfly src/main/mayfly_main.cpp)
    target_compile_options(mayfly PRIVATE ${HOUSE_WARNINGS})
    target_link_libraries(mayfly PRIVATE main)
    whole_program(mayfly)
    # Measured on the warm path: 10 us of user time a call instead of 12 with glibc's allocator. Sanitizers
    # bring their own.
    if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
        target_link_libraries(mayfly PRIVATE jemalloc)
    endif()
endif()
if(EXISTS ${PROJECT_SOURCE_DIR}/src/sandbox/launcher_main.cpp)
    add_executable(mayfly-launch src/sandbox/launcher_main.cpp)
    target_compile_options(mayfly-launch PRIVATE ${HOUSE_WARNINGS})
    target_link_libraries(mayfly-launch PRIVATE sandbox)
    whole_program(mayfly-launch)
endif()
if(EXISTS ${PROJECT_SOURCE_DIR}/src/relay/relay_main.cpp)
    add_executable(mayfly-net src/relay/relay_main.cpp)
    target_compile_options(mayfly-net PRIVATE ${HOUSE_WARNINGS})
    target_link_libraries(mayfly-net PRIVATE relay)
    whole_program(mayfly-net)
endif()
