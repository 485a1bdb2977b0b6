# Herald for production: built in one stage, run in another that has no build tools, as a user without rights, on a root file system that may
# be read-only. It keeps nothing inside: PostgreSQL (DATABASE_URL) is where everything is. The embedded PostgreSQL is left out.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tools/build.mjs tools/build.mjs
COPY src src
RUN node tools/build.mjs && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY migrations migrations
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080
USER 10001:10001
EXPOSE 8080
# 200 while the process answers, whatever it waits for.
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/health/live').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
# One process, no shell in between: SIGTERM reaches it, and it drains.
CMD ["node", "--enable-source-maps", "dist/main.js"]
