# shellcheck shell=bash
# Which distribution packages each tier needs, and how missing ones get in. Sourced by ./dev.

# The newest Boost of Debian 12 does not carry the default version number; later releases need none.
boost_packages() {
  if grep -qs 'VERSION_CODENAME=bookworm' /etc/os-release; then
    echo libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  else
    echo libboost-dev libboost-json-dev libboost-url-dev
  fi
}

# Debian 12's server by its version; elsewhere whatever is current.
postgres_packages() {
  if grep -qs 'VERSION_CODENAME=bookworm' /etc/os-release; then
    echo postgresql-15
  else
    echo postgresql
  fi
}

# An entry is a package, or `command:package` where any other way of having the command is as good.
tier_packages() {
  case $1 in
    build)
      echo g++ cmake ninja-build ccache mold pkg-config tzdata
      boost_packages
      echo libsimdjson-dev libsqlite3-dev libpq-dev libssl-dev libargon2-dev libzstd-dev zlib1g-dev libyaml-cpp-dev libcli11-dev
      # The CMake files of prometheus-cpp ask for curl, though the program does not link it.
      echo libfmt-dev libspdlog-dev libhowardhinnant-date-dev libxxhash-dev prometheus-cpp-dev libcurl4-openssl-dev
      # The web page is built, too.
      echo node:nodejs npm:npm
      ;;
    test)
      echo libgtest-dev libgmock-dev clang-format clang-tidy-19 curl:curl chromium fonts-dejavu-core
      # The tests start servers of their own; nothing here uses one that the package may have started.
      postgres_packages
      ;;
    bench)
      postgres_packages
      echo wrk nginx-light
      ;;
    check) echo clang-19 libclang-rt-19-dev lld-19 ;;
    *) die "unknown package tier '$1'" ;;
  esac
}

installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

missing_packages() {
  local entry
  for entry in "$@"; do
    if [[ $entry == *:* ]] && command -v "${entry%%:*}" >/dev/null; then continue; fi
    installed "${entry##*:}" || echo "${entry##*:}"
  done
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "installing packages needs root: run ./dev setup as root, or install sudo"
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# ensure_packages TIER…: installs what is missing, and only that. Silent when there is nothing to do.
ensure_packages() {
  local tier wanted=() missing=()
  for tier in "$@"; do
    # shellcheck disable=SC2207  # package names hold no spaces
    wanted+=($(tier_packages "$tier"))
  done
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || die "these packages are needed, and there is no apt-get here: ${missing[*]}"

  say "installing ${#missing[@]} packages for: $*"
  echo "    ${missing[*]}"
  # The lists of a fresh machine are empty or older than the archive; only then they are fetched again.
  if ! apt-cache show "${missing[@]}" >/dev/null 2>&1 || ! apt_install "${missing[@]}"; then
    as_root apt-get update
    apt_install "${missing[@]}"
  fi
}
