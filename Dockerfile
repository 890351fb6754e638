# Build arguments
#   BASE_IMAGE    a Debian or Ubuntu with Python 3.11 or later as `python`
#   TORCH_INDEX   an extra package index for torch: https://download.pytorch.org/whl/cpu
#                 saves the gigabytes of CUDA libraries that the default wheels bring
#   WITH_WEIGHTS  1: bake in the weights of CLIP and ResNet50, to start without a network
ARG BASE_IMAGE=python:3.11-slim-bookworm

# The dependencies by themselves, so that the packages are installed anew only when these change.
FROM ${BASE_IMAGE} AS requirements
COPY pyproject.toml .
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > requirements.txt

FROM ${BASE_IMAGE} AS packages
ARG TORCH_INDEX=
RUN python -m venv /opt/venv
COPY --from=requirements requirements.txt .
COPY constraints.txt .
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
    ${TORCH_INDEX:+--extra-index-url "${TORCH_INDEX}"} \
    --constraint constraints.txt --requirement requirements.txt

FROM packages AS service
ARG WITH_WEIGHTS=0
WORKDIR /app
COPY service service
RUN mkdir weights \
    && if [ "${WITH_WEIGHTS}" = 1 ]; then /opt/venv/bin/python -m service weights --to weights; fi \
    && /opt/venv/bin/python -m compileall -q service \
    && chmod -R a+rX .

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="lookalike" \
      org.opencontainers.image.description="Product search by picture" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --uid 10001 --user-group --create-home app \
    && install --directory --owner app --group app /data
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY --from=service /app/weights weights
COPY --from=service /app/service service
ENV PATH=/opt/venv/bin:${PATH} \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data \
    WEIGHTS_DIR=/app/weights \
    XDG_CACHE_HOME=/data/cache
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=4)"]
ENTRYPOINT ["python", "-m", "service"]
CMD ["serve"]
