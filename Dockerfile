# Fairlead in a container.
#
#   docker build -t fairlead .
#   docker run --rm -p 5000:5000 fairlead                              the demo, on http://localhost:5000
#   docker run -d -p 5000:5000 -v fairlead:/data fairlead serve        the product, its data in a volume
#
# It runs as a user of its own, needs no capability, writes to /data only (--read-only --cap-drop=all), and ends within
# ten seconds on SIGTERM.

FROM debian:bookworm-slim AS build
WORKDIR /src
# The packages first: they change less often than the sources.
COPY dev ./
COPY .ci ./.ci
RUN ./dev setup build
COPY . .
RUN ./dev build && strip build/release/fairlead

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git tzdata \
       libargon2-1 libboost-json1.81.0 libdate-tz3 libfmt9 libpq5 libprometheus-cpp-core1.0 \
       libsimdjson14 libspdlog1.10 libsqlite3-0 libssl3 libxxhash0 libyaml-cpp0.7 libzstd1 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 5000 --no-create-home --home-dir /data --shell /usr/sbin/nologin fairlead \
    && install -d -m 700 -o fairlead -g fairlead /data
COPY --from=build /src/build/release/fairlead /usr/local/bin/fairlead
USER fairlead
# All addresses of the container; which of them others reach is up to whoever publishes the port. There the demo lets
# visitors look, and only under http://localhost or http://127.0.0.1 (docs/demo.md).
ENV FAIRLEAD_DATA=/data FAIRLEAD_LISTEN=0.0.0.0:5000
VOLUME /data
EXPOSE 5000
STOPSIGNAL SIGTERM
ENTRYPOINT ["fairlead"]
CMD ["demo"]
