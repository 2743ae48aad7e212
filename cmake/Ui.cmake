# The web page: TypeScript and Svelte under ui/, built by Vite into OUTPUT_DIR whenever one of its files changes.
find_program(FAIRLEAD_NODE node REQUIRED)
find_program(FAIRLEAD_NPM npm REQUIRED)

# fairlead_ui(OUTPUT_DIR): adds the command that makes index.html, page.js, page.css and icon.svg in that folder.
function(fairlead_ui output)
  set(ui ${CMAKE_SOURCE_DIR}/ui)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${ui}/src/* ${ui}/public/*)
  list(FILTER sources EXCLUDE REGEX "\\.test\\.ts$")
  set(files index.html page.js page.css icon.svg)
  list(TRANSFORM files PREPEND ${output}/)
  add_custom_command(
    OUTPUT ${files}
    COMMAND ${CMAKE_COMMAND} -DUI=${ui} -DOUTPUT=${output} -DNODE=${FAIRLEAD_NODE} -DNPM=${FAIRLEAD_NPM}
            -P ${CMAKE_SOURCE_DIR}/cmake/build_ui.cmake
    DEPENDS ${sources} ${ui}/index.html ${ui}/package.json ${ui}/package-lock.json ${ui}/vite.config.ts
            ${ui}/svelte.config.js ${ui}/tsconfig.json ${CMAKE_SOURCE_DIR}/cmake/build_ui.cmake
    COMMENT "Building the web page"
    VERBATIM)
endfunction()
