# Darkroom can run its TypeScript as it is. The image also holds a bundle of it, made once from the same files.
FROM node:24.21-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY scripts/bundle ./scripts/bundle
COPY src ./src
RUN node scripts/bundle/make-bundle.js

FROM node:24.21-slim
ENV NODE_ENV=production \
    DATA_DIR=/data
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY scripts/bundle ./scripts/bundle
COPY locales ./locales
COPY src ./src
RUN mkdir -p /data node_modules/.cache && chown node:node /data node_modules/.cache && chmod 700 /data
USER node
# Without a token it ends at once (exit code 2) and leaves beside the packages what Node made of the bundle: the container
# starts sooner and with less memory.
RUN (node bin/darkroom.js start || [ $? -eq 2 ]) && (node bin/darkroom.js health || [ $? -eq 1 ])
# The only place that is written to: the root may be read-only.
VOLUME /data
# The first signal drains for DRAIN_S (8 s) and then tells and closes for up to 5 s: give it 20 s before a kill.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s \
  CMD ["node", "bin/darkroom.js", "health"]
CMD ["node", "bin/darkroom.js", "start"]
