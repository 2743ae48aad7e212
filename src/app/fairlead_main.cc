#include "app/commands.h"

int main(int argc, char** argv) {
  return fairlead::app::run(argc, argv);
}
