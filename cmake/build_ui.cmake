# Run as a script: builds the page of UI into OUTPUT with NODE and NPM.
#
# All build folders share ui/node_modules, so one of them at a time works in there. The packages are installed anew only
# when their lock file is another than the one that they were installed from.
file(LOCK ${UI}/.build-lock TIMEOUT 900)

set(stamp ${UI}/node_modules/.installed)
set(installed "")
if(EXISTS ${stamp})
  file(READ ${stamp} installed)
endif()
file(READ ${UI}/package-lock.json wanted)
if(NOT installed STREQUAL wanted)
  execute_process(COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund WORKING_DIRECTORY ${UI}
                  RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "npm ci failed in ui/: ${said}")
  endif()
  file(COPY_FILE ${UI}/package-lock.json ${stamp})
endif()

execute_process(COMMAND ${NODE} node_modules/vite/bin/vite.js build --outDir ${OUTPUT} --emptyOutDir --logLevel warn
                WORKING_DIRECTORY ${UI} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(failed)
  message(FATAL_ERROR "vite build failed: ${said}")
endif()
# Files keep their times where only another of them changed; for the build they are all new.
file(TOUCH ${OUTPUT}/index.html ${OUTPUT}/page.js ${OUTPUT}/page.css ${OUTPUT}/icon.svg)
