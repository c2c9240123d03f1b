# Assembles the page of aelab/reports/page/ with Chart.js and writes it as C++, ${AELAB_LAYOUT_SOURCE}. The page's
# policy lists style and scripts by their hashes, so that nothing else runs.

# Needed to build aelab only, not to use an installed one, and therefore not among the dependencies of third_party/.
find_file(CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js /usr/local/share/javascript/chart.js REQUIRED
          NO_CACHE)
set(page_folder "${CMAKE_CURRENT_LIST_DIR}/page")
set(AELAB_LAYOUT_SOURCE "${PROJECT_BINARY_DIR}/reports/layout.cc")
set(page_scripts
    dom tables series charts labels contours figures measures trade_offs learning_curves pictures code_use generative
    dictionary anomalies comparison run index print main)

# 'sha256-<base64>', as in a Content-Security-Policy. CMake gives the hash in base 16: three of its digits are two in
# base 64.
function(aelab_policy_hash text out)
  set(digits ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  string(SHA256 hash "${text}")
  set(encoded "")
  foreach(place RANGE 0 63 3)
    string(SUBSTRING "${hash}00" ${place} 3 group)
    math(EXPR high "0x${group} >> 6")
    math(EXPR low "0x${group} & 63")
    string(SUBSTRING "${digits}" ${high} 1 first)
    string(SUBSTRING "${digits}" ${low} 1 second)
    string(APPEND encoded "${first}${second}")
  endforeach()
  string(SUBSTRING "${encoded}" 0 43 encoded)
  set(${out} "'sha256-${encoded}='" PARENT_SCOPE)
endfunction()

file(READ "${page_folder}/page.css" PAGE_STYLE)
file(READ "${CHART_JS}" PAGE_CHART_JS)
set(PAGE_SCRIPT "\"use strict\";\n")
foreach(script IN LISTS page_scripts)
  file(READ "${page_folder}/${script}.js" text)
  string(APPEND PAGE_SCRIPT "\n${text}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page_folder}/${script}.js")
endforeach()
aelab_policy_hash("${PAGE_STYLE}" PAGE_STYLE_HASH)
aelab_policy_hash("${PAGE_CHART_JS}" PAGE_CHART_JS_HASH)
aelab_policy_hash("${PAGE_SCRIPT}" PAGE_SCRIPT_HASH)
foreach(text IN ITEMS PAGE_CHART_JS PAGE_SCRIPT)
  if("${${text}}" MATCHES "</script|<!--")
    message(FATAL_ERROR "${text} would end the page's script early")
  endif()
endforeach()

file(READ "${page_folder}/page.html.in" template)
string(CONFIGURE "${template}" page @ONLY)
set(marker "DATA GO HERE")
string(FIND "${page}" "${marker}" place)
string(SUBSTRING "${page}" 0 ${place} LAYOUT_BEFORE_DATA)
string(LENGTH "${marker}" length)
math(EXPR place "${place} + ${length}")
string(SUBSTRING "${page}" ${place} -1 LAYOUT_AFTER_DATA)
configure_file("${CMAKE_CURRENT_LIST_DIR}/layout.cc.in" "${AELAB_LAYOUT_SOURCE}" @ONLY)
set_property(
  DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page_folder}/page.html.in" "${page_folder}/page.css" "${CHART_JS}")

# Compilers need not accept literals of this length, but those that aelab supports do.
set_source_files_properties(
  "${AELAB_LAYOUT_SOURCE}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON COMPILE_OPTIONS -Wno-overlength-strings)
