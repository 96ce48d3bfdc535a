# Daemon and web pages run from one image: a user without rights, one volume, and nothing else is written.
# `make image-check` builds this file's steps without Docker and runs what comes of them as docker-compose.yml says.
#
# The base by digest, as a tag is another image next month; docker-compose.yml has the same. A newer one:
#   docker pull python:3.13-slim && docker image inspect --format '{{index .RepoDigests 0}}' python:3.13-slim
ARG PYTHON_IMAGE=python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
FROM ${PYTHON_IMAGE}

# tini is process 1: the kernel gives that one no default actions for signals, and nobody else takes in orphans.
# The numbers are fixed, for owners of volumes and secrets; Kubernetes' runAsNonRoot wants one, too. OpenShift runs
# any number, always in group 0: that group may write where the user may.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 watchword \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin watchword \
    && install -d -o 10001 -g 0 -m 2770 /data \
    && install -d -m 0755 /config

WORKDIR /app
# what changes seldom comes first: an edit of the code installs no dependency again
COPY requirements.txt requirements-build.txt requirements-channels.txt requirements-browser.txt requirements-cluster.txt requirements-pdf.txt requirements-warc.txt ./
RUN pip install --no-cache-dir --root-user-action=ignore --require-hashes -r requirements.txt -r requirements-build.txt
# EXTRAS="channels browser cluster pdf warc": Apprise channels, `render = true` (brings Debian's Chromium), articles in PDF files,
# `article export`, workers on other machines
ARG EXTRAS=""
RUN for extra in $(echo "$EXTRAS" | tr ',' ' '); do \
        pip install --no-cache-dir --root-user-action=ignore --require-hashes -r "requirements-$extra.txt" || exit 1; \
        if [ "$extra" = browser ]; then \
            apt-get update && apt-get install --yes --no-install-recommends chromium || exit 1; \
            rm -rf /var/lib/apt/lists/*; \
        fi; \
    done

COPY seeds/__init__.py ./seeds/
COPY seeds/first ./seeds/first
COPY seeds/synonyms ./seeds/synonyms
COPY seeds/catalogue ./seeds/catalogue
COPY crawler ./crawler
COPY scheduler ./scheduler
COPY watchword ./watchword
# `watchword docs`: watchword/manual is a link to them
COPY docs ./docs
COPY pyproject.toml scrapy.cfg LICENSE README.md ./
# Editable, so that the code lies in the image once; and compiled, for nothing can be written at run time and each health
# check starts Python. A checkout made under umask 077 would be closed to the user.
RUN chmod -R a+rX /app \
    && pip install --no-cache-dir --root-user-action=ignore --no-deps --no-build-isolation --no-index -e . \
    && python -m compileall -q crawler scheduler watchword

ENV PYTHONUNBUFFERED=1 \
    WATCHWORD_CONFIG=/config \
    WATCHWORD_DATABASE=/data/watchword.db \
    WATCHWORD_HEALTH_LISTEN=127.0.0.1:9464 \
    XDG_CACHE_HOME=/data/cache
USER 10001:10001
VOLUME /data
EXPOSE 8001
# no HEALTHCHECK: it would call `docker run IMAGE watchword crawl` sick. docker-compose.yml has one for each service.
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["watchword", "run", "--quiet"]

# last, for they change with every build
ARG VERSION=""
ARG REVISION=""
ARG SOURCE=""
LABEL org.opencontainers.image.title="Watchword" \
      org.opencontainers.image.description="The news watch you own" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.source="$SOURCE"
