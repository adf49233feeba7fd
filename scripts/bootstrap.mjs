// What `npm start`, `npm test` and `npm run tools` do on a fresh machine. Node built-ins only: nothing is installed yet.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `Artemis needs Node 20.19 or newer; this is ${process.version}. Install a newer one from https://nodejs.org and try again.\n`,
  );
  process.exit(1);
}

const command = process.argv[2];
if (command !== 'start' && command !== 'test' && command !== 'tools') {
  process.stderr.write('Usage: node scripts/bootstrap.mjs start|test|tools [newer]\n');
  process.exit(64);
}

// Loaded only now, because an older Node could not even parse them.
const { explain } = await import('./steps.mjs');
try {
  const { start, test, tools } = await import('./commands.mjs');
  if (command === 'start') await start();
  else if (command === 'test') await test();
  else await tools({ wantsNewer: process.argv[3] === 'newer' });
} catch (error) {
  explain(error);
  process.exit(1);
}
