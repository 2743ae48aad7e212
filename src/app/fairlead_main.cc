#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "version") {
    std::puts("fairlead " FAIRLEAD_VERSION);
    return 0;
  }
  std::fputs("fairlead: write `fairlead version`\n", stderr);
  return 2;
}
