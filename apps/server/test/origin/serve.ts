/** For people: `node --import tsx apps/server/test/origin/serve.ts [port]`, Ctrl-C to stop. */
import { routes, startOrigin } from './origin.ts';

const origin = await startOrigin({ port: Number(process.argv[2] ?? 0) });
for (const { path, about } of routes) process.stdout.write(`${origin.url}${path}\n    ${about}\n`);
process.stdout.write(`\nTo download from it, start Artemis with EGRESS_ALLOW=${origin.hostPort}\n`);

process.once('SIGINT', () => void origin.close());
process.once('SIGTERM', () => void origin.close());
