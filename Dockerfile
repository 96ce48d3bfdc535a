# The daemon and the reading room run from one image, as a user without rights, on one volume.
FROM python:3.12-slim

RUN useradd --create-home --uid 10001 watchword \
    && install -d -o watchword -g watchword /data /config
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE scrapy.cfg ./
COPY crawler ./crawler
COPY scheduler ./scheduler
COPY watchword ./watchword
COPY datasette ./datasette
COPY seeds ./seeds
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index -e .

ENV PYTHONUNBUFFERED=1 \
    WATCHWORD_CONFIG=/app/seeds \
    WATCHWORD_DATABASE=/data/watchword.db
USER watchword
VOLUME /data
EXPOSE 8001
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["watchword", "doctor", "--alive"]
CMD ["watchword", "run"]
