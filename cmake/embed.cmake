# pollux_embed(target folder pattern): a library with `std::span<pollux::EmbeddedFile const> pollux::<target>_files()`, the files of
# `folder` that match, sorted by name, as bytes in the binary.
function(pollux_embed target folder pattern)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/${folder} ${CMAKE_SOURCE_DIR}/${folder}/${pattern})
  list(SORT files)
  set(out ${CMAKE_BINARY_DIR}/${target}.cpp)
  set(declared "")
  set(listed "")
  set(inputs "")
  set(index 0)
  foreach(file ${files})
    set(path ${CMAKE_SOURCE_DIR}/${folder}/${file})
    string(APPEND declared "__asm__(\".section .rodata\\n.global ${target}_${index}\\n${target}_${index}:\\n.incbin \\\"${path}\\\"\\n"
                           ".global ${target}_${index}_end\\n${target}_${index}_end:\\n.byte 0\\n.previous\\n\");\n"
                           "extern \"C\" char const ${target}_${index}[];\nextern \"C\" char const ${target}_${index}_end[];\n")
    string(APPEND listed "        {\"${file}\", {${target}_${index}, static_cast<std::size_t>(${target}_${index}_end - ${target}_${index})}},\n")
    list(APPEND inputs ${path})
    math(EXPR index "${index} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${out} CONTENT
"#include \"base/embedded_file.hpp\"\n@declared@namespace pollux {\nstd::span<EmbeddedFile const> @target@_files()\n{\n    static EmbeddedFile const files[] = {\n@listed@    };\n    return files;\n}\n}\n" @ONLY)
  set_source_files_properties(${out} PROPERTIES OBJECT_DEPENDS "${inputs}")
  add_library(${target} STATIC ${out})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src)
endfunction()
