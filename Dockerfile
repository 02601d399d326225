# Styles, scripts, icons and fonts of the pages.
FROM node:24-bookworm-slim AS pages
WORKDIR /pages
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim-bookworm
ENV PYTHONUNBUFFERED=1 DATA_DIR=/data STATIC_ROOT=/app/staticfiles STATIC_MANIFEST=1 \
    REQUIRE_DATABASE_URL=1
WORKDIR /app
COPY devstack/tools/uv.txt requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r uv.txt \
    && uv pip install --system --no-cache --compile-bytecode --require-hashes -r requirements.txt
COPY --from=pages /pages/node_modules node_modules
COPY . .
RUN for catalogue in */locale/*/LC_MESSAGES/django.po; do \
        python -m babel.messages.frontend --quiet compile -i "$catalogue" -o "${catalogue%.po}.mo"; \
    done \
    && python manage.py collectstatic --noinput --verbosity=0 \
    && useradd --create-home --uid 10001 modoru && install -d -o modoru /data
USER modoru
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "retention_crm.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--threads=8"]
