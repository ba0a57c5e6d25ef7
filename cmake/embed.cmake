# pollux_embed(target folder pattern): a library with `std::span<pollux::EmbeddedFile const> pollux::<target>_files()`, the files of
# `folder` that match, sorted by name, as bytes in the binary.
# pollux_embed(target folder pattern REPLACES other MORE files): an object library with `<other>_files()`, these and more files. A program
# that links it has them in place of those of `other`.
function(pollux_embed target folder pattern)
  cmake_parse_arguments(EMBED "" "REPLACES" "MORE" ${ARGN})
  set(kind STATIC)
  set(function ${target}_files)
  if(EMBED_REPLACES)
    set(kind OBJECT)
    set(function ${EMBED_REPLACES}_files)
  endif()
  file(GLOB inputs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/${pattern})
  list(SORT inputs)
  list(APPEND inputs ${EMBED_MORE})
  set(out ${CMAKE_BINARY_DIR}/${target}.cpp)
  set(declared "")
  set(listed "")
  set(index 0)
  foreach(path ${inputs})
    get_filename_component(file ${path} NAME)
    string(APPEND declared "__asm__(\".section .rodata\\n.global ${target}_${index}\\n${target}_${index}:\\n.incbin \\\"${path}\\\"\\n"
                           ".global ${target}_${index}_end\\n${target}_${index}_end:\\n.byte 0\\n.previous\\n\");\n"
                           "extern \"C\" char const ${target}_${index}[];\nextern \"C\" char const ${target}_${index}_end[];\n")
    string(APPEND listed "        {\"${file}\", {${target}_${index}, static_cast<std::size_t>(${target}_${index}_end - ${target}_${index})}},\n")
    math(EXPR index "${index} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${out} CONTENT
"#include \"base/embedded_file.hpp\"\n@declared@namespace pollux {\nstd::span<EmbeddedFile const> @function@()\n{\n    static EmbeddedFile const files[] = {\n@listed@    };\n    return files;\n}\n}\n" @ONLY)
  set_source_files_properties(${out} PROPERTIES OBJECT_DEPENDS "${inputs}")
  add_library(${target} ${kind} ${out})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src)
endfunction()
