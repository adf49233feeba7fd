/** For people: `node --import tsx apps/server/test/origin/serve.ts [port]`, Ctrl-C to stop. */
import { routes, startOrigin } from './origin.ts';

const origin = await startOrigin({ port: Number(process.argv[2] ?? 0) });
for (const { path, about } of routes) console.log(`${origin.url}${path}\n    ${about}`);
console.log(`\nTo download from it, start Artemis with EGRESS_ALLOW=${origin.hostPort}`);

process.once('SIGINT', () => void origin.close());
process.once('SIGTERM', () => void origin.close());
