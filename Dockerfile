# evenkeel as a container: docs/container.md says how to build and run it.
#
# Node 20.19 or newer, with npm; only its `node` gets into the image.
ARG NODE_IMAGE=docker.io/library/node:20.20.2-bookworm-slim
# What the image is made on; of the same Debian release or a newer one.
ARG RUNTIME_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${NODE_IMAGE} AS build
# Debian keeps no older versions to be pinned.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# A secret `npmrc` may name another registry or a login to it. It stays out of the image.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev
# What no program reads: types, source maps, documentation, tests.
RUN find node_modules -type f \( -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.map' \) -delete \
    && find node_modules -type f -name '*.md' ! -iname 'licen[cs]e*' -delete \
    && find node_modules -regextype egrep -type d \
        -regex '(.*/)?node_modules/(@[^/]+/)?[^/]+/(tests?|docs?|benchmarks?|examples?|\.github)' -prune -exec rm -r {} +
COPY package.json LICENSE /image/opt/evenkeel/
COPY config /image/opt/evenkeel/config
# The trees as they are in the image. Group 0 may write the state too: some clusters give a container any user, of that group.
RUN mv dist node_modules /image/opt/evenkeel/ \
    && mkdir -p /image/usr/local/bin /image/etc/evenkeel /state/evenkeel \
    && cp "$(command -v node)" /image/usr/local/bin/node \
    && cp /usr/bin/tini-static /image/usr/local/bin/tini \
    && ln -s /opt/evenkeel/dist/main.js /image/usr/local/bin/evenkeel \
    && chmod 0770 /state/evenkeel

FROM ${RUNTIME_IMAGE}
COPY --from=build /image /
COPY --from=build --chown=65532:0 /state /var/lib
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=
LABEL org.opencontainers.image.title="evenkeel" \
      org.opencontainers.image.description="Keeps Kafka and Apache Pinot clusters balanced from the outside: safely, in small steps, and always saying why." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    EVENKEEL_REVISION=${REVISION}
WORKDIR /var/lib/evenkeel
VOLUME /var/lib/evenkeel
# A number: Kubernetes can tell of no name that it is not root.
USER 65532:65532
# Metrics and health; control, which by itself listens on loopback only.
EXPOSE 9631 9632
# EVENKEEL_METRICS_URL says where, if server.metrics_listen is another one.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["node", "/opt/evenkeel/dist/main.js", "healthcheck"]
# Node is not made to be the first process; tini hands it the signals and ends as it ends.
ENTRYPOINT ["tini", "--", "node", "/opt/evenkeel/dist/main.js"]
CMD ["run", "--config", "/etc/evenkeel/evenkeel.yaml"]
