# One image for web, worker and beat; the command is the first word after the image's name.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/rlflow
WORKDIR /source
COPY requirements-build.lock requirements.lock ./
RUN /opt/rlflow/bin/pip install --require-hashes -r requirements-build.lock -r requirements.lock
COPY setup.cfg pyproject.toml README.md LICENSE NOTICE ./
COPY rlflow_core rlflow_core
COPY plugins plugins
COPY web web
COPY migrations migrations
RUN /opt/rlflow/bin/pip install --no-build-isolation --no-deps .

FROM python:3.11-slim
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin rlflow \
    && install -d -o rlflow -g rlflow /data
COPY --from=build /opt/rlflow /opt/rlflow
ENV PATH=/opt/rlflow/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RLFLOW_ENV=production \
    RLFLOW_HOST=0.0.0.0 \
    RLFLOW_PORT=8000 \
    RLFLOW_DATA_DIR=/data
# The root file system may be read-only: what is written goes to /data, and to /tmp while the process lives.
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["rlflow", "health"]
ENTRYPOINT ["rlflow"]
CMD ["web"]
